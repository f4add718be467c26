/* What sending to many sockets adds to the Python module. */
#ifndef POWHASH_FANOUT_BINDING_H
#define POWHASH_FANOUT_BINDING_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>

extern PyMethodDef powhash_fanout_methods[]; /* ends with a row of NULL */

#endif
