/* The Python module powhash._native: the list of algorithms, one digest by its place in the list, scrypt and
 * scrypt-jane with their parameters. Limited API of 3.11: one binary for every later Python. */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include <string.h>

#include "fanout_binding.h"
#include "hex_binding.h"
#include "merkle_binding.h"
#include "registry.h"
#include "scrypt.h"
#include "share_binding.h"
#include "sockets_binding.h"

/* build.py puts the digest of the sources here and finds it again in the library. */
#ifndef POWHASH_MARK
#define POWHASH_MARK "of unknown sources"
#endif

enum { DIGEST_BYTES = 32 };

/* A digest that no honest hash gives: the mark of an algorithm that found no memory. */
static int is_out_of_memory(const uint8_t digest[DIGEST_BYTES]) {
    for (int i = 0; i < DIGEST_BYTES; i++) {
        if (digest[i] != 0xff) return 0;
    }
    return 1;
}

static PyObject *bytes_or_memory_error(const uint8_t digest[DIGEST_BYTES]) {
    if (is_out_of_memory(digest)) return PyErr_NoMemory();
    return PyBytes_FromStringAndSize((const char *)digest, DIGEST_BYTES);
}

static int is_argument_count(Py_ssize_t given, Py_ssize_t wanted) {
    if (given == wanted) return 1;
    PyErr_Format(PyExc_TypeError, "%zd arguments are needed, not %zd", wanted, given);
    return 0;
}

static void hash_row(const struct powhash_algorithm *row, const Py_buffer *data, uint8_t out[DIGEST_BYTES]) {
    if (!row->is_slow) {
        row->hash(data->buf, (size_t)data->len, out);
        return;
    }
    Py_BEGIN_ALLOW_THREADS
    row->hash(data->buf, (size_t)data->len, out);
    Py_END_ALLOW_THREADS
}

static PyObject *native_digest(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    (void)module;
    if (!is_argument_count(count, 2)) return NULL;
    size_t index = PyLong_AsSize_t(arguments[0]);
    if (PyErr_Occurred()) return NULL;
    const struct powhash_algorithm *row = powhash_at(index);
    if (row == NULL) {
        PyErr_Format(PyExc_ValueError, "there is no algorithm %zu", index);
        return NULL;
    }
    Py_buffer data;
    if (PyObject_GetBuffer(arguments[1], &data, PyBUF_SIMPLE) != 0) return NULL;
    uint8_t out[DIGEST_BYTES];
    const size_t length = (size_t)data.len;
    const int fits = row->input_bytes == 0 || row->input_bytes == length;
    if (fits) hash_row(row, &data, out);
    PyBuffer_Release(&data);
    if (fits) return bytes_or_memory_error(out);
    PyErr_Format(PyExc_ValueError, "%s takes %zu bytes, not %zu", row->name, row->input_bytes, length);
    return NULL;
}

static PyObject *native_scrypt(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    (void)module;
    if (!is_argument_count(count, 3)) return NULL;
    unsigned long long n = PyLong_AsUnsignedLongLong(arguments[1]);
    if (PyErr_Occurred()) return NULL;
    unsigned long r = PyLong_AsUnsignedLong(arguments[2]);
    if (PyErr_Occurred()) return NULL;
    if (n < 2 || (n & (n - 1)) != 0 || n > 1u << 31 || r < 1 || r > 1u << 20) {
        PyErr_Format(PyExc_ValueError, "scrypt has no N = %llu, r = %lu", n, r);
        return NULL;
    }
    Py_buffer data;
    if (PyObject_GetBuffer(arguments[0], &data, PyBUF_SIMPLE) != 0) return NULL;
    uint8_t out[DIGEST_BYTES];
    int failed;
    Py_BEGIN_ALLOW_THREADS
    failed = powhash_scrypt(data.buf, (size_t)data.len, n, (uint32_t)r, out);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&data);
    return failed ? PyErr_NoMemory() : bytes_or_memory_error(out);
}

static PyObject *native_scrypt_jane(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    (void)module;
    if (!is_argument_count(count, 2)) return NULL;
    unsigned long nfactor = PyLong_AsUnsignedLong(arguments[1]);
    if (PyErr_Occurred()) return NULL;
    if (nfactor > 30) {
        PyErr_Format(PyExc_ValueError, "scrypt-jane has an N factor of at most 30, not %lu", nfactor);
        return NULL;
    }
    Py_buffer data;
    if (PyObject_GetBuffer(arguments[0], &data, PyBUF_SIMPLE) != 0) return NULL;
    uint8_t out[DIGEST_BYTES];
    int failed;
    Py_BEGIN_ALLOW_THREADS
    failed = powhash_scrypt_jane(data.buf, (size_t)data.len, (unsigned)nfactor, out);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&data);
    return failed ? PyErr_NoMemory() : bytes_or_memory_error(out);
}

/* [(name, bytes of input or 0 for any, whether it is slow), ...] in the order of `digest`'s first argument. */
static PyObject *native_algorithms(PyObject *module, PyObject *no_arguments) {
    (void)module;
    (void)no_arguments;
    PyObject *rows = PyList_New(0);
    if (rows == NULL) return NULL;
    const struct powhash_algorithm *row;
    for (size_t index = 0; (row = powhash_at(index)) != NULL; index++) {
        PyObject *is_slow = row->is_slow ? Py_True : Py_False;
        PyObject *entry = Py_BuildValue("(snO)", row->name, (Py_ssize_t)row->input_bytes, is_slow);
        int failed = entry == NULL || PyList_Append(rows, entry) != 0;
        Py_XDECREF(entry);
        if (failed) {
            Py_DECREF(rows);
            return NULL;
        }
    }
    return rows;
}

/* Through void *, since a function of three arguments is not a PyCFunction until METH_FASTCALL says so. */
#define FAST(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef methods[] = {
    {"algorithms", native_algorithms, METH_NOARGS, "algorithms() -> list of (name, input bytes or 0, is slow)"},
    {"digest", FAST(native_digest), METH_FASTCALL, "digest(place in algorithms(), data) -> 32 bytes"},
    {"scrypt", FAST(native_scrypt), METH_FASTCALL, "scrypt(data, n, r) -> 32 bytes"},
    {"scrypt_jane", FAST(native_scrypt_jane), METH_FASTCALL, "scrypt_jane(data, nfactor) -> 32 bytes"},
    {NULL, NULL, 0, NULL},
};

static int add_methods(PyObject *module) {
    if (PyModule_AddFunctions(module, powhash_share_methods) != 0) return -1;
    if (PyModule_AddFunctions(module, powhash_hex_methods) != 0) return -1;
    if (PyModule_AddFunctions(module, powhash_merkle_methods) != 0) return -1;
    if (PyModule_AddFunctions(module, powhash_fanout_methods) != 0) return -1;
    return PyModule_AddFunctions(module, powhash_sockets_methods);
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)add_methods}, {0, NULL}};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_native",
    .m_doc = "Proof-of-work hashes in C (" POWHASH_MARK ").",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__native(void);

PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&definition); }
