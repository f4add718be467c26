/* Python's way to the merkle branch: the ids of a block's transactions joined, the steps joined. */
#include "merkle_binding.h"

#include <string.h>

#include "merkle.h"

static PyObject *native_merkle_branch(PyObject *module, PyObject *txids) {
    (void)module;
    Py_buffer ids;
    if (PyObject_GetBuffer(txids, &ids, PyBUF_SIMPLE) != 0) return NULL;
    const size_t length = (size_t)ids.len;
    uint8_t *level = length % MERKLE_HASH_BYTES == 0 ? PyMem_Malloc(length + MERKLE_HASH_BYTES) : NULL;
    if (level != NULL) memcpy(level, ids.buf, length);
    PyBuffer_Release(&ids);
    if (length % MERKLE_HASH_BYTES != 0) {
        PyErr_Format(PyExc_ValueError, "%zu bytes are no hashes of 32", length);
        return NULL;
    }
    if (level == NULL) return PyErr_NoMemory();
    uint8_t steps[MERKLE_MAX_STEPS * MERKLE_HASH_BYTES];
    size_t count;
    Py_BEGIN_ALLOW_THREADS
    count = powhash_merkle_branch(level, length / MERKLE_HASH_BYTES, steps);
    Py_END_ALLOW_THREADS
    PyMem_Free(level);
    return PyBytes_FromStringAndSize((const char *)steps, (Py_ssize_t)(count * MERKLE_HASH_BYTES));
}

PyMethodDef powhash_merkle_methods[] = {
    {"merkle_branch", native_merkle_branch, METH_O, "merkle_branch(joined ids) -> joined steps, lowest first"},
    {NULL, NULL, 0, NULL},
};
