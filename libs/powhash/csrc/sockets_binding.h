/* What the sockets of a server add to the Python module: nothing where there is no epoll. */
#ifndef POWHASH_SOCKETS_BINDING_H
#define POWHASH_SOCKETS_BINDING_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>

extern PyMethodDef powhash_sockets_methods[]; /* ends with a row of NULL */

#endif
