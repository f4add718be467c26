/* Python's way to many sockets: what has come to them, and to each its own bytes. */
#include "sockets_binding.h"

#ifdef __linux__
#include <errno.h>
#include <limits.h>

#include "sockets.h"

enum { MOST_ACCEPTED = 64, MOST_RECEIVED = 128 };

static int append(PyObject *list, PyObject *entry) {
    const int failed = entry == NULL || PyList_Append(list, entry) != 0;
    Py_XDECREF(entry);
    return failed ? -1 : 0;
}

static PyObject *accept_some(PyObject *module, PyObject *argument) {
    (void)module;
    const long listener = PyLong_AsLong(argument);
    if (listener < 0 || listener > INT_MAX) {
        if (!PyErr_Occurred()) PyErr_Format(PyExc_ValueError, "%ld is no descriptor", listener);
        return NULL;
    }
    struct accepted accepted[MOST_ACCEPTED];
    int error;
    PyObject *newcomers = PyList_New(0);
    if (newcomers == NULL) return NULL;
    const size_t count = powhash_accept((int)listener, accepted, MOST_ACCEPTED, &error);
    for (size_t i = 0; newcomers != NULL && i < count; i++) {
        const struct accepted *one = &accepted[i];
        if (append(newcomers, Py_BuildValue("(isi)", one->fd, one->address, one->port)) != 0) Py_CLEAR(newcomers);
    }
    return newcomers == NULL ? NULL : Py_BuildValue("(Ni)", newcomers, error);
}

static int tell(PyObject *happened, const struct received *one) {
    if (one->was_read && one->length != -EAGAIN) {
        const char *data = (const char *)one->data;
        PyObject *entry = one->length > 0 ? Py_BuildValue("(iy#)", one->fd, data, (Py_ssize_t)one->length)
                                          : Py_BuildValue("(il)", one->fd, -one->length);
        if (append(happened, entry) != 0) return -1;
    }
    return one->is_writable ? append(happened, Py_BuildValue("(iO)", one->fd, Py_None)) : 0;
}

static PyObject *receive_some(PyObject *module, PyObject *arguments) {
    (void)module;
    int epoll;
    Py_buffer arena;
    if (!PyArg_ParseTuple(arguments, "iw*", &epoll, &arena)) return NULL;
    struct received received[MOST_RECEIVED];
    long count;
    Py_BEGIN_ALLOW_THREADS
    count = powhash_receive(epoll, received, MOST_RECEIVED, arena.buf, (size_t)arena.len);
    Py_END_ALLOW_THREADS
    PyObject *happened = NULL;
    if (count < 0) {
        errno = (int)-count;
        PyErr_SetFromErrno(PyExc_OSError);
    } else {
        happened = PyList_New(0);
    }
    for (long i = 0; happened != NULL && i < count; i++) {
        if (tell(happened, &received[i]) != 0) Py_CLEAR(happened);
    }
    PyBuffer_Release(&arena);
    return happened;
}

/* From equally long tuples, NULL with an exception. */
static struct outgoing *outgoing_of(PyObject *fds, PyObject *data, Py_ssize_t count) {
    struct outgoing *outgoing = PyMem_Calloc((size_t)count + 1, sizeof *outgoing);
    if (outgoing == NULL) return (struct outgoing *)PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < count; i++) {
        char *bytes;
        Py_ssize_t length;
        const long fd = PyLong_AsLong(PyTuple_GetItem(fds, i));
        if (fd < 0 || fd > INT_MAX || PyBytes_AsStringAndSize(PyTuple_GetItem(data, i), &bytes, &length) != 0) {
            if (!PyErr_Occurred()) PyErr_Format(PyExc_ValueError, "%ld is no descriptor", fd);
            PyMem_Free(outgoing);
            return NULL;
        }
        outgoing[i] = (struct outgoing){.fd = (int)fd, .data = bytes, .length = (size_t)length};
    }
    return outgoing;
}

/* [(place, bytes sent or -errno), ...] of the sockets that did not take all. */
static PyObject *unsent(const struct outgoing *outgoing, Py_ssize_t count) {
    PyObject *all = PyList_New(0);
    for (Py_ssize_t i = 0; all != NULL && i < count; i++) {
        if (outgoing[i].sent == (long)outgoing[i].length) continue;
        if (append(all, Py_BuildValue("(nl)", i, outgoing[i].sent)) != 0) Py_CLEAR(all);
    }
    return all;
}

static PyObject *send_tuples(PyObject *fds, PyObject *data) {
    const Py_ssize_t count = PyTuple_Size(fds);
    if (PyTuple_Size(data) != count) {
        PyErr_SetString(PyExc_ValueError, "as many bytes as descriptors are needed");
        return NULL;
    }
    struct outgoing *outgoing = outgoing_of(fds, data, count);
    if (outgoing == NULL) return NULL;
    Py_BEGIN_ALLOW_THREADS
    powhash_send_each(outgoing, (size_t)count);
    Py_END_ALLOW_THREADS
    PyObject *all = unsent(outgoing, count);
    PyMem_Free(outgoing);
    return all;
}

/* The lists are copied, so that the bytes stay whatever other threads do. */
static PyObject *send_each(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *fds, *data;
    if (!PyArg_ParseTuple(arguments, "OO", &fds, &data)) return NULL;
    if (!PyList_Check(fds) || !PyList_Check(data)) {
        PyErr_SetString(PyExc_TypeError, "two lists are needed");
        return NULL;
    }
    PyObject *fd_tuple = PyList_AsTuple(fds);
    PyObject *data_tuple = fd_tuple == NULL ? NULL : PyList_AsTuple(data);
    PyObject *all = data_tuple == NULL ? NULL : send_tuples(fd_tuple, data_tuple);
    Py_XDECREF(fd_tuple);
    Py_XDECREF(data_tuple);
    return all;
}

PyMethodDef powhash_sockets_methods[] = {
    {"accept_some", accept_some, METH_O,
     "accept_some(listener) -> (list of (descriptor, address, port), errno that ended it or 0)"},
    {"receive_some", receive_some, METH_VARARGS,
     "receive_some(epoll, arena) -> list of (descriptor, bytes that came | 0 for the peer's end | errno | None where "
     "it can be written to)"},
    {"send_each", send_each, METH_VARARGS,
     "send_each(descriptors, list of bytes) -> list of (place, bytes sent or -errno) of those that did not take all"},
    {NULL, NULL, 0, NULL},
};
#else
PyMethodDef powhash_sockets_methods[] = {{NULL, NULL, 0, NULL}};
#endif
