/* Python's way to the share check: `share_job` prepares a job, `share_check` takes a line all the way.
 *
 * None means: this is for the Python code, which says what is wrong, or that it is a block. */
#include "share_binding.h"

#include <string.h>

#include "share_check.h"
#include "share_difficulty.h"

static const char CAPSULE[] = "powhash.share_job";

/* A job and what Python wants back with its shares. `bytes` holds coinb2, the branch and the prefix of keys. */
struct held_job {
    struct share_job job;
    long long serial;
    PyObject *owner;
    const uint8_t *key_prefix;
    size_t key_prefix_length;
    uint8_t bytes[];
};

static void let_go(PyObject *capsule) {
    struct held_job *held = PyCapsule_GetPointer(capsule, CAPSULE);
    if (held == NULL) return;
    Py_DECREF(held->owner);
    PyMem_Free(held);
}

struct job_arguments {
    PyObject *owner;
    long long serial;
    const char *algorithm, *coinb1, *coinb2, *branch, *prevhash, *network_target, *key_prefix;
    Py_ssize_t coinb1_length, coinb2_length, branch_length, prevhash_length, target_length, key_prefix_length;
    unsigned version, nbits, ntime;
    unsigned long long multiplier;
    int hashes_coinbase_once;
    unsigned extranonce1_bytes, extranonce2_bytes;
};

static int is_extranonce(unsigned bytes) { return bytes >= 1 && bytes <= SHARE_FIELD_BYTES; }

static int parse_job(PyObject *arguments, struct job_arguments *a) {
    if (!PyArg_ParseTuple(arguments, "OLsy#y#y#y#y#y#IIIKp|II", &a->owner, &a->serial, &a->algorithm, &a->coinb1,
                          &a->coinb1_length, &a->coinb2, &a->coinb2_length, &a->branch, &a->branch_length,
                          &a->prevhash, &a->prevhash_length, &a->network_target, &a->target_length, &a->key_prefix,
                          &a->key_prefix_length, &a->version, &a->nbits, &a->ntime, &a->multiplier,
                          &a->hashes_coinbase_once, &a->extranonce1_bytes, &a->extranonce2_bytes))
        return 0;
    if (a->branch_length % SHARE_HASH_BYTES == 0 && a->prevhash_length == SHARE_HASH_BYTES &&
        a->target_length == SHARE_HASH_BYTES && a->multiplier > 0 && a->multiplier >> 48 == 0 &&
        is_extranonce(a->extranonce1_bytes) && is_extranonce(a->extranonce2_bytes))
        return 1;
    PyErr_SetString(PyExc_ValueError, "a hash has 32 bytes, a multiplier 1 to 48 bits, an extranonce 1 to 4 bytes");
    return 0;
}

/* Copies a part behind the others; where it stands. */
static const uint8_t *keep(uint8_t **end, const char *part, Py_ssize_t length) {
    uint8_t *start = *end;
    memcpy(start, part, (size_t)length);
    *end += length;
    return start;
}

static void fill(struct held_job *held, const struct job_arguments *a, const struct powhash_algorithm *algorithm) {
    uint8_t *end = held->bytes;
    struct share_job *job = &held->job;
    job->algorithm = algorithm;
    powhash_sha256_begin(&job->coinb1);
    powhash_sha256_add(&job->coinb1, (const uint8_t *)a->coinb1, (size_t)a->coinb1_length);
    job->coinb2 = keep(&end, a->coinb2, a->coinb2_length);
    job->coinb2_length = (size_t)a->coinb2_length;
    job->branch = keep(&end, a->branch, a->branch_length);
    job->branch_steps = (size_t)a->branch_length / SHARE_HASH_BYTES;
    job->hashes_coinbase_once = a->hashes_coinbase_once;
    memcpy(job->prevhash, a->prevhash, SHARE_HASH_BYTES);
    memcpy(job->network_target, a->network_target, SHARE_HASH_BYTES);
    job->version = a->version;
    job->nbits = a->nbits;
    job->ntime = a->ntime;
    job->multiplier = a->multiplier;
    job->extranonce1_bytes = a->extranonce1_bytes;
    job->extranonce2_bytes = a->extranonce2_bytes;
    held->key_prefix = keep(&end, a->key_prefix, a->key_prefix_length);
    held->key_prefix_length = (size_t)a->key_prefix_length;
    held->serial = a->serial;
    held->owner = Py_NewRef(a->owner);
}

/* Whether the headers of an algorithm are hashed at once, here. */
static int is_for_here(const struct powhash_algorithm *algorithm) {
    return algorithm != NULL && !algorithm->is_slow &&
           (algorithm->input_bytes == 0 || algorithm->input_bytes == SHARE_HEADER_BYTES);
}

static PyObject *share_job(PyObject *module, PyObject *arguments) {
    (void)module;
    struct job_arguments a = {.extranonce1_bytes = SHARE_FIELD_BYTES, .extranonce2_bytes = SHARE_FIELD_BYTES};
    if (!parse_job(arguments, &a)) return NULL;
    const struct powhash_algorithm *algorithm = powhash_find(a.algorithm);
    if (!is_for_here(algorithm)) Py_RETURN_NONE;
    const Py_ssize_t length = a.coinb2_length + a.branch_length + a.key_prefix_length;
    struct held_job *held = PyMem_Malloc(sizeof *held + (size_t)length);
    if (held == NULL) return PyErr_NoMemory();
    fill(held, &a, algorithm);
    PyObject *capsule = PyCapsule_New(held, CAPSULE, let_go);
    if (capsule == NULL) {
        Py_DECREF(held->owner);
        PyMem_Free(held);
    }
    return capsule;
}

/* What the dictionary has under this name: borrowed; NULL without an error where there is nothing. */
static PyObject *find(PyObject *dictionary, const struct share_text *name) {
    PyObject *key = PyUnicode_FromStringAndSize((const char *)name->start, (Py_ssize_t)name->length);
    if (key == NULL) return NULL;
    PyObject *found = PyDict_GetItemWithError(dictionary, key);
    Py_DECREF(key);
    return found;
}

/* The key of a share for its session's set, NULL with an error. */
static PyObject *make_key(const struct held_job *held, const struct share_fields *fields) {
    const Py_ssize_t length = (Py_ssize_t)held->key_prefix_length + SHARE_KEY_BYTES;
    PyObject *key = PyBytes_FromStringAndSize(NULL, length);
    if (key == NULL) return NULL;
    char *bytes = PyBytes_AsString(key);
    memcpy(bytes, held->key_prefix, held->key_prefix_length);
    memcpy(bytes + held->key_prefix_length, fields->key, SHARE_KEY_BYTES);
    return key;
}

enum { LINE, WORKERS, JOBS, EXTRANONCE1, SEEN, VERSION_MASK, FIRST_SERIAL, TARGET, NOW, ARGUMENTS };

/* Whether `out` got just so many bytes. */
static int copy_bytes(PyObject *bytes, uint8_t *out, Py_ssize_t wanted) {
    char *data;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(bytes, &data, &length) != 0 || length != wanted) return 0;
    memcpy(out, data, (size_t)length);
    return 1;
}

static int read_terms(const struct share_job *job, PyObject *const *arguments, struct share_terms *terms) {
    if (!copy_bytes(arguments[EXTRANONCE1], terms->extranonce1, job->extranonce1_bytes)) return 0;
    if (!copy_bytes(arguments[TARGET], terms->target, SHARE_HASH_BYTES)) return 0;
    terms->version_mask = (uint32_t)PyLong_AsUnsignedLong(arguments[VERSION_MASK]);
    terms->now = PyFloat_AsDouble(arguments[NOW]);
    return !PyErr_Occurred();
}

/* A tuple of references that are given away. NULL with an error, also where one of them is. */
static PyObject *tuple_of(PyObject *const items[], Py_ssize_t count) {
    PyObject *tuple = PyTuple_New(count);
    int failed = tuple == NULL;
    for (Py_ssize_t i = 0; i < count; i++) {
        failed = failed || items[i] == NULL;
        if (failed)
            Py_XDECREF(items[i]);
        else
            PyTuple_SetItem(tuple, i, items[i]);
    }
    if (failed) Py_CLEAR(tuple);
    return tuple;
}

static PyObject *good_share(const struct share_text *id, PyObject *worker, PyObject *owner, PyObject *key,
                            double difficulty) {
    PyObject *const items[] = {
        PyBytes_FromStringAndSize((const char *)id->start, (Py_ssize_t)id->length),
        Py_NewRef(worker),
        Py_NewRef(owner),
        Py_NewRef(key),
        PyFloat_FromDouble(difficulty),
    };
    return tuple_of(items, sizeof items / sizeof *items);
}

/* From a line that was read on. NULL without an error: not for here. */
static PyObject *check(const struct share_line *line, PyObject *const *arguments) {
    PyObject *worker = find(arguments[WORKERS], &line->worker);
    if (worker == NULL) return NULL;
    PyObject *capsule = find(arguments[JOBS], &line->job_id);
    if (capsule == NULL) return NULL;
    const struct held_job *held = PyCapsule_GetPointer(capsule, CAPSULE);
    if (held == NULL || held->serial < PyLong_AsLongLong(arguments[FIRST_SERIAL])) return NULL;
    struct share_terms terms;
    struct share_fields fields;
    if (!read_terms(&held->job, arguments, &terms) || !share_read_fields(&held->job, &terms, line, &fields)) return NULL;
    PyObject *key = make_key(held, &fields), *share = NULL;
    if (key == NULL) return NULL;
    double difficulty = PySet_Contains(arguments[SEEN], key) == 0 ? share_reached(&held->job, &terms, &fields) : 0;
    if (difficulty > 0) share = good_share(&line->id, worker, held->owner, key, difficulty);
    if (share != NULL && PySet_Add(arguments[SEEN], key) != 0) Py_CLEAR(share);
    Py_DECREF(key);
    return share;
}

static PyObject *share_check(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    (void)module;
    if (count != ARGUMENTS) {
        PyErr_Format(PyExc_TypeError, "%d arguments are needed, not %zd", ARGUMENTS, count);
        return NULL;
    }
    char *data;
    Py_ssize_t length;
    struct share_line line;
    if (PyBytes_AsStringAndSize(arguments[LINE], &data, &length) != 0) return NULL;
    PyObject *share = share_read_line((const uint8_t *)data, (size_t)length, &line) ? check(&line, arguments) : NULL;
    if (share == NULL && !PyErr_Occurred()) Py_RETURN_NONE;
    return share;
}

static PyObject *difficulty_of(PyObject *module, PyObject *arguments) {
    (void)module;
    const char *digest;
    Py_ssize_t length;
    unsigned long long multiplier;
    if (!PyArg_ParseTuple(arguments, "y#K", &digest, &length, &multiplier)) return NULL;
    if (length == SHARE_HASH_BYTES && multiplier > 0 && multiplier >> 48 == 0)
        return PyFloat_FromDouble(share_difficulty((const uint8_t *)digest, multiplier));
    PyErr_SetString(PyExc_ValueError, "a hash has 32 bytes, a multiplier 1 to 48 bits");
    return NULL;
}

PyMethodDef powhash_share_methods[] = {
    {"share_difficulty", difficulty_of, METH_VARARGS,
     "share_difficulty(digest, multiplier) -> the difficulty that the hash reached"},
    {"share_job", share_job, METH_VARARGS,
     "share_job(owner, serial, algorithm, coinb1, coinb2, branch, prevhash, network target, key prefix, version, "
     "nbits, ntime, multiplier, whether the coinbase is hashed once, sizes of extranonce1 and extranonce2 = 4) -> "
     "job for share_check, None for a slow algorithm"},
    {"share_check", (PyCFunction)(void (*)(void))share_check, METH_FASTCALL,
     "share_check(line, workers, jobs, extranonce1, seen, version mask, first serial, target, now) -> (id, worker, "
     "owner of the job, key, difficulty reached) of a good share, whose key is in `seen` now, or None"},
    {NULL, NULL, 0, NULL},
};
