/* Python's way to many hexadecimal texts at once: the transactions of a template. */
#include "hex_binding.h"

#include "hex.h"

static PyObject *not_hex(void) {
    PyErr_SetString(PyExc_ValueError, "not pairs of hexadecimal digits");
    return NULL;
}

/* A text without borrowing more of it than its bytes: a new object, or NULL with an exception. */
static PyObject *bytes_of(PyObject *text) {
    Py_ssize_t length;
    const char *digits = PyUnicode_AsUTF8AndSize(text, &length);
    if (digits == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeError)) return NULL;
        PyErr_Clear();
        return not_hex(); /* half a character */
    }
    if (length % 2 != 0) return not_hex();
    PyObject *made = PyBytes_FromStringAndSize(NULL, length / 2);
    if (made == NULL) return NULL;
    if (powhash_unhex((const uint8_t *)digits, (size_t)length / 2, (uint8_t *)PyBytes_AsString(made))) return made;
    Py_DECREF(made);
    return not_hex();
}

static PyObject *native_unhex(PyObject *module, PyObject *texts) {
    (void)module;
    if (!PyList_Check(texts)) {
        PyErr_SetString(PyExc_TypeError, "a list is needed");
        return NULL;
    }
    const Py_ssize_t count = PyList_Size(texts);
    PyObject *all = PyList_New(count);
    for (Py_ssize_t i = 0; all != NULL && i < count; i++) {
        PyObject *made = bytes_of(PyList_GetItem(texts, i));
        if (made == NULL || PyList_SetItem(all, i, made) != 0) {
            Py_DECREF(all);
            return NULL;
        }
    }
    return all;
}

PyMethodDef powhash_hex_methods[] = {
    {"unhex", native_unhex, METH_O, "unhex(list of texts) -> list of bytes"},
    {NULL, NULL, 0, NULL},
};
