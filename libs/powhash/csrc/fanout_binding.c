/* Python's way to many sockets at once: a job for all miners. */
#include "fanout_binding.h"

#include <limits.h>

#include "fanout.h"

/* The sockets of a list of descriptors, NULL with an exception. */
static struct fanout_socket *sockets_of(PyObject *fds, Py_ssize_t count) {
    struct fanout_socket *sockets = PyMem_Calloc((size_t)count + 1, sizeof *sockets);
    if (sockets == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        const long fd = PyLong_AsLong(PyList_GetItem(fds, i));
        if (fd < 0 || fd > INT_MAX) {
            if (!PyErr_Occurred()) PyErr_Format(PyExc_ValueError, "%ld is no descriptor", fd);
            PyMem_Free(sockets);
            return NULL;
        }
        sockets[i].fd = (int)fd;
    }
    return sockets;
}

/* [(place in the list, bytes sent or -errno), ...] of the sockets that did not take all. */
static PyObject *unsent(const struct fanout_socket *sockets, Py_ssize_t count, Py_ssize_t length) {
    PyObject *all = PyList_New(0);
    for (Py_ssize_t i = 0; all != NULL && i < count; i++) {
        if (sockets[i].sent == length) continue;
        PyObject *entry = Py_BuildValue("(nl)", i, sockets[i].sent);
        if (entry == NULL || PyList_Append(all, entry) != 0) Py_CLEAR(all);
        Py_XDECREF(entry);
    }
    return all;
}

static PyObject *send_to_all(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *fds;
    const char *data;
    Py_ssize_t length;
    if (!PyArg_ParseTuple(arguments, "Oy#", &fds, &data, &length)) return NULL;
    if (!PyList_Check(fds)) {
        PyErr_SetString(PyExc_TypeError, "a list is needed");
        return NULL;
    }
    const Py_ssize_t count = PyList_Size(fds);
    struct fanout_socket *sockets = sockets_of(fds, count);
    if (sockets == NULL) return NULL;
    Py_BEGIN_ALLOW_THREADS
    powhash_fanout(sockets, (size_t)count, data, (size_t)length);
    Py_END_ALLOW_THREADS
    PyObject *all = unsent(sockets, count, length);
    PyMem_Free(sockets);
    return all;
}

PyMethodDef powhash_fanout_methods[] = {
    {"send_to_all", send_to_all, METH_VARARGS,
     "send_to_all(descriptors, data) -> list of (place, bytes sent or -errno) of those that did not take all"},
    {NULL, NULL, 0, NULL},
};
