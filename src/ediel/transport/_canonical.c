/* Exclusive canonical XML of one element, straight from the bytes of its document: the optional accelerator.
 *
 * It walks a document once, without building anything, and writes the canonical form of the element that begins at a
 * given place, as libxml2 writes it (https://www.w3.org/TR/xml-exc-c14n/, without comments). It knows a strict subset of
 * XML: UTF-8, ASCII names, absolute namespaces of a plain form, the five entities that XML itself has, attributes without
 * line breaks. Whatever else it meets (comments, instructions, sections, references, attributes of the xml namespace,
 * a namespace that is undeclared, anything that is not well-formed) it refuses with the place: another, slower reader
 * then says what it is. The document is not trusted, and never read beyond its end.
 *
 * What is written becomes one object, and is never held twice.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH = 100,          /* levels */
    BINDINGS = 128,       /* namespaces in scope */
    ATTRIBUTES = 64,      /* of one element, declarations included */
    NAME = 200,           /* bytes of a name */
    TEXT = 8000000,       /* bytes of a text: libxml2 refuses at ten millions */
    PREFIXES = 64,        /* to be treated inclusively */
    IDS = 512,            /* attributes that may be identifications */
    GROWTH = 4,           /* the canonical form may be so much larger than the document */
    LET_GO = 4 << 20      /* bytes that are held twice at the most */
};

typedef struct { const char *text; size_t length; } Span;
typedef struct { Span prefix, uri; int depth; } Binding;
typedef struct { const char *name; size_t length; int bindings, rendered; } Level;
typedef struct { Span prefix, local, value, uri; int quotes; } Attribute;

typedef struct {
    const char *start, *at, *end, *apex;
    Binding bindings[BINDINGS];
    int bound;
    Binding rendered[BINDINGS];
    int shown;
    Level levels[DEPTH + 1];
    int depth;
    int apex_depth;                    /* levels around the element that is written; -1 outside of it */
    Span inclusive[PREFIXES];
    int inclusives;
    Span ids[IDS];
    int identified;
    char *out;                         /* what is written, but what stands before the first child */
    size_t length, room, most;
    char *before;                      /* what stands before the first child, cut off from `out` */
    size_t before_length;
    size_t content_end;                /* where the canonical form of the first child ends in `out` */
    const char *content_at;            /* where that child begins in the document */
    int children, siblings, depends;   /* depends: on what was rendered on the element around it */
    size_t nodes;                      /* elements and attributes of the document, declarations included */
    int exhausted;                     /* memory */
} Run;

/* What a byte may be in a text, outside of the fast lane. */
enum { PLAIN = 0, LESS, AND, GREATER, RETURN, HIGH, BAD, QUOTE, BLANK };
static const unsigned char KIND[256] = {
    BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BLANK, BLANK, BAD, BAD, RETURN, BAD, BAD,
    BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
    [0x22] = QUOTE, [0x26] = AND, [0x3C] = LESS, [0x3E] = GREATER,
    [0x80] = HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH,
    HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH,
    HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH,
    HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH,
    HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH,
    HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH,
    HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH,
    HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH,
};

static int is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
static int is_first(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static int is_name(char c) { return is_first(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; }

static int equal(Span one, Span other) {
    return one.length == other.length && (one.text == other.text || !memcmp(one.text, other.text, one.length));
}

static int compare(Span one, Span other) {
    size_t least = one.length < other.length ? one.length : other.length;
    int found = least ? memcmp(one.text, other.text, least) : 0;
    return found ? found : one.length < other.length ? -1 : one.length > other.length;
}

static int is(Span span, const char *text) { return span.length == strlen(text) && !memcmp(span.text, text, span.length); }

/* --- writing */

static int grow(Run *run, size_t more) {
    size_t wanted = run->length + more;
    if (wanted > run->most) return 0;
    size_t room = run->room + run->room / 2 + 4096;
    if (room < wanted) room = wanted;
    char *out = realloc(run->out, room);
    if (!out) { run->exhausted = 1; return 0; }
    run->out = out;
    run->room = room;
    return 1;
}

/* The first child begins: what was written stands before it. */
static int cut(Run *run) {
    run->before = malloc(run->length);
    if (!run->before) { run->exhausted = 1; return 0; }
    memcpy(run->before, run->out, run->length);
    run->before_length = run->length;
    run->length = 0;
    return 1;
}

static inline int put(Run *run, const char *text, size_t length) {
    if (run->room - run->length < length && !grow(run, length)) return 0;
    memcpy(run->out + run->length, text, length);
    run->length += length;
    return 1;
}

#define PUT(run, text) put(run, text, sizeof(text) - 1)

static int put_name(Run *run, Span prefix, Span local) {
    return (!prefix.length || (put(run, prefix.text, prefix.length) && PUT(run, ":"))) && put(run, local.text, local.length);
}

/* --- characters */

/* Bytes of one character above ASCII; 0 where it is not UTF-8, or none that XML allows. */
static size_t high(const char *at, const char *end) {
    const unsigned char *c = (const unsigned char *)at;
    size_t left = (size_t)(end - at);
    if (c[0] >= 0xC2 && c[0] <= 0xDF) return left >= 2 && (c[1] & 0xC0) == 0x80 ? 2 : 0;
    if (c[0] >= 0xE0 && c[0] <= 0xEF) {
        if (left < 3 || (c[1] & 0xC0) != 0x80 || (c[2] & 0xC0) != 0x80) return 0;
        if (c[0] == 0xE0 && c[1] < 0xA0) return 0;
        if (c[0] == 0xED && c[1] > 0x9F) return 0;
        if (c[0] == 0xEF && c[1] == 0xBF && c[2] >= 0xBE) return 0;
        return 3;
    }
    if (c[0] >= 0xF0 && c[0] <= 0xF4) {
        if (left < 4 || (c[1] & 0xC0) != 0x80 || (c[2] & 0xC0) != 0x80 || (c[3] & 0xC0) != 0x80) return 0;
        if (c[0] == 0xF0 && c[1] < 0x90) return 0;
        if (c[0] == 0xF4 && c[1] > 0x8F) return 0;
        return 4;
    }
    return 0;
}

/* One of the five entities: its bytes in the document, and what it is in a text and in an attribute. */
static const struct { const char *name; size_t length; const char *text, *attribute; } ENTITIES[] = {
    {"&amp;", 5, "&amp;", "&amp;"}, {"&lt;", 4, "&lt;", "&lt;"}, {"&gt;", 4, "&gt;", ">"},
    {"&quot;", 6, "\"", "&quot;"}, {"&apos;", 6, "'", "'"},
};

static int entity(const char *at, const char *end) {
    for (int number = 0; number < 5; number++)
        if ((size_t)(end - at) >= ENTITIES[number].length && !memcmp(at, ENTITIES[number].name, ENTITIES[number].length))
            return number;
    return -1;
}

/* A text up to the next tag; written where `writing`. */
static int text(Run *run, int writing) {
    const char *at = run->at, *end = run->end, *begin = at;
    const char *until = end - at > TEXT ? at + TEXT : end;
    for (;;) {
        while (at < until && !KIND[(unsigned char)*at]) at++;
        if (at == until) { run->at = at; return 0; }  /* the root is not closed, or the text is too long */
        int kind = KIND[(unsigned char)*at];
        if (kind == QUOTE || kind == BLANK) { at++; continue; }
        if (kind == HIGH) {
            size_t length = high(at, end);
            if (!length) { run->at = at; return 0; }
            at += length;
            if (at > until) { run->at = at; return 0; }
            continue;
        }
        if (writing && at > begin && !put(run, begin, (size_t)(at - begin))) return 0;
        if (kind == LESS) { run->at = at; return 1; }
        if (kind == AND) {
            int number = entity(at, end);
            if (number < 0) { run->at = at; return 0; }
            if (writing && !put(run, ENTITIES[number].text, strlen(ENTITIES[number].text))) return 0;
            at += ENTITIES[number].length;
        } else if (kind == GREATER) {
            if (at - run->at >= 2 && at[-1] == ']' && at[-2] == ']') { run->at = at; return 0; }
            if (writing && !PUT(run, "&gt;")) return 0;
            at++;
        } else if (kind == RETURN) {
            if (writing && !PUT(run, "\n")) return 0;
            at++;
            if (at < end && *at == '\n') at++;
        } else { run->at = at; return 0; }
        begin = at;
        if (at >= until) { run->at = at; return 0; }
    }
}

static int put_value(Run *run, const Attribute *attribute) {
    const char *at = attribute->value.text, *end = at + attribute->value.length, *begin = at;
    if (!attribute->quotes) return put(run, begin, attribute->value.length);
    for (; at < end; at++) {
        if (*at != '&' && *at != '"') continue;
        if (!put(run, begin, (size_t)(at - begin))) return 0;
        if (*at == '"') {
            if (!PUT(run, "&quot;")) return 0;
        } else {
            int number = entity(at, end);
            if (!put(run, ENTITIES[number].attribute, strlen(ENTITIES[number].attribute))) return 0;
            at += ENTITIES[number].length - 1;
        }
        begin = at + 1;
    }
    return put(run, begin, (size_t)(end - begin));
}

/* --- names and namespaces */

static int part(Run *run, Span *span) {
    const char *begin = run->at;
    if (run->at == run->end || !is_first(*run->at)) return 0;
    while (run->at < run->end && is_name(*run->at)) run->at++;
    *span = (Span){begin, (size_t)(run->at - begin)};
    return run->at < run->end && span->length <= NAME;
}

static int name(Run *run, Span *prefix, Span *local) {
    *prefix = (Span){run->at, 0};
    if (!part(run, local)) return 0;
    if (*run->at == ':') {
        *prefix = *local;
        run->at++;
        return part(run, local);
    }
    return 1;
}

static int starts(Span span, const char *text) {
    size_t length = strlen(text);
    return span.length > length && !memcmp(span.text, text, length);
}

/* An absolute URI of a plain form. Of another one it may be in doubt whether libxml2 finds it relative, or broken. */
static int plain_uri(Span uri) {
    size_t place = starts(uri, "http://") ? 7 : starts(uri, "https://") ? 8 : starts(uri, "urn:") ? 4 : 0;
    if (!place || !is_name(uri.text[place]) || uri.length > 1000) return 0;
    int host = uri.text[0] == 'h', fragment = 0;
    for (; place < uri.length; place++) {
        char c = uri.text[place];
        if (is_name(c)) continue;
        if (c == '/') host = 0;
        else if (c == '#' && !host && !fragment) fragment = 1;
        else if (c != ':' || host || fragment) return 0;
    }
    return 1;
}

static const Binding *find(const Binding *list, int count, Span prefix) {
    while (count--)
        if (equal(list[count].prefix, prefix)) return list + count;
    return NULL;
}

static int declare(Run *run, Span prefix, Span uri) {
    if (run->bound == BINDINGS || !plain_uri(uri)) return 0;
    if (is(prefix, "xml") || is(prefix, "xmlns")) return 0;
    if (is(uri, "http://www.w3.org/XML/1998/namespace") || is(uri, "http://www.w3.org/2000/xmlns/")) return 0;
    for (int place = run->bound; place-- && run->bindings[place].depth == run->depth;)
        if (equal(run->bindings[place].prefix, prefix)) return 0;
    run->bindings[run->bound++] = (Binding){prefix, uri, run->depth};
    return 1;
}

/* Attributes of a tag up to its end; 1 for an open element, 2 for an empty one. */
static int attributes(Run *run, Attribute *list, int *count) {
    int all = 0;
    *count = 0;
    for (;;) {
        const char *before = run->at;
        while (run->at < run->end && is_blank(*run->at)) run->at++;
        if (run->at == run->end) return 0;
        if (*run->at == '>') { run->at++; return 1; }
        if (*run->at == '/') {
            if (run->end - run->at < 2 || run->at[1] != '>') return 0;
            run->at += 2;
            return 2;
        }
        if (before == run->at || ++all > ATTRIBUTES) return 0;
        run->nodes++;
        Attribute found = {0};
        if (!name(run, &found.prefix, &found.local)) return 0;
        if (run->end - run->at < 2 || run->at[0] != '=' || (run->at[1] != '"' && run->at[1] != '\'')) return 0;
        char quote = run->at[1];
        const char *begin = run->at += 2;
        const char *until = run->end - begin > TEXT ? begin + TEXT : run->end;
        while (run->at < until && *run->at != quote) {
            switch (KIND[(unsigned char)*run->at]) {
                case PLAIN: case GREATER: run->at++; break;
                case QUOTE: found.quotes = 1; run->at++; break;
                case HIGH: {
                    size_t length = high(run->at, until);
                    if (!length) return 0;
                    run->at += length;
                    break;
                }
                case AND: {
                    int number = entity(run->at, until);
                    if (number < 0) return 0;
                    found.quotes = 1;
                    run->at += ENTITIES[number].length;
                    break;
                }
                default: return 0;
            }
        }
        if (run->at >= until) return 0;
        found.value = (Span){begin, (size_t)(run->at - begin)};
        run->at++;
        if (is(found.prefix, "xmlns") || (!found.prefix.length && is(found.local, "xmlns"))) {
            if (!declare(run, found.prefix.length ? found.local : found.prefix, found.value)) return 0;
            continue;
        }
        if (is(found.prefix, "xml")) return 0;
        if (found.local.length == 2 && (found.local.text[0] | 32) == 'i' && (found.local.text[1] | 32) == 'd') {
            if (found.quotes || run->identified == IDS) return 0;
            run->ids[run->identified++] = found.value;
        }
        list[(*count)++] = found;
    }
}

/* Resolve the prefixes of attributes, order them as the canonical form does, and refuse two that are the same. */
static int sort(Run *run, Attribute *list, int count) {
    for (int number = 0; number < count; number++) {
        Attribute one = list[number];
        if (one.prefix.length) {
            const Binding *binding = find(run->bindings, run->bound, one.prefix);
            if (!binding) return 0;
            one.uri = binding->uri;
        }
        int place = number;
        for (; place; place--) {
            int order = compare(list[place - 1].uri, one.uri);
            if (!order) order = compare(list[place - 1].local, one.local);
            if (!order) return 0;
            if (order < 0) break;
            list[place] = list[place - 1];
        }
        list[place] = one;
    }
    return 1;
}

/* Note a namespace that is to be written on this element, unless it is in force in the output already. */
static int show(Run *run, Span prefix, int used) {
    const Binding *binding = find(run->bindings, run->bound, prefix);
    if (!binding) return prefix.length == 0 || !used;   /* no default namespace; an inclusive prefix that is not declared */
    const Binding *seen = find(run->rendered, run->shown, prefix);
    if (seen && equal(seen->uri, binding->uri)) {
        if (used && seen->depth == run->apex_depth && run->depth > run->apex_depth) run->depends = 1;
        return 1;
    }
    if (run->shown == BINDINGS) return 0;
    if (!used && run->depth > run->apex_depth) run->depends = 1;
    run->rendered[run->shown++] = (Binding){binding->prefix, binding->uri, run->depth};
    return 1;
}

static int put_start(Run *run, Span prefix, Span local, Attribute *list, int count) {
    int before = run->shown;
    if (!PUT(run, "<") || !put_name(run, prefix, local)) return 0;
    if (!show(run, prefix, 1)) return 0;
    for (int number = 0; number < count; number++)
        if (list[number].prefix.length && !show(run, list[number].prefix, 1)) return 0;
    for (int number = 0; number < run->inclusives; number++)
        if (!show(run, run->inclusive[number], 0)) return 0;
    Binding *shown = run->rendered + before;
    int more = run->shown - before;
    for (int number = 1; number < more; number++) {
        Binding one = shown[number];
        int place = number;
        for (; place && compare(shown[place - 1].prefix, one.prefix) > 0; place--) shown[place] = shown[place - 1];
        shown[place] = one;
    }
    for (int number = 0; number < more; number++) {
        Span named = shown[number].prefix, uri = shown[number].uri;
        if (named.length ? !PUT(run, " xmlns:") || !put(run, named.text, named.length) : !PUT(run, " xmlns")) return 0;
        if (!PUT(run, "=\"") || !put(run, uri.text, uri.length) || !PUT(run, "\"")) return 0;
    }
    for (int number = 0; number < count; number++) {
        Attribute *one = list + number;
        if (!PUT(run, " ") || !put_name(run, one->prefix, one->local) || !PUT(run, "=\"")) return 0;
        if (!put_value(run, one) || !PUT(run, "\"")) return 0;
    }
    return PUT(run, ">");
}

/* --- the walk */

/* A start tag, at its name. 1: open, 2: empty. */
static int opened(Run *run, int writing) {
    Attribute list[ATTRIBUTES];
    Span prefix, local;
    int count = 0;
    run->nodes++;
    Level *level = run->levels + run->depth;
    const char *begin = run->at;
    *level = (Level){begin, 0, run->bound, run->shown};
    if (!name(run, &prefix, &local)) return 0;
    level->length = (size_t)(run->at - begin);
    int form;
    if (*run->at == '>') {
        run->at++;
        form = 1;
    } else if (!(form = attributes(run, list, &count))) return 0;
    if (prefix.length && (is(prefix, "xmlns") || !find(run->bindings, run->bound, prefix))) return 0;
    if (count && !sort(run, list, count)) return 0;
    if (writing && !put_start(run, prefix, local, list, count)) return 0;
    return form;
}

static int closed(Run *run, int writing) {
    Level *level = run->levels + --run->depth;
    run->bound = level->bindings;
    run->shown = level->rendered;
    if (writing && (!PUT(run, "</") || !put(run, level->name, level->length) || !PUT(run, ">"))) return 0;
    return 1;
}

/* The start tag at which to stop, for the head of an envelope: that of the second child of the root. */
enum { WHOLE, HEAD };

static int walk(Run *run, int until) {
    for (;;) {
        if (run->at == run->end || *run->at != '<') return 0;
        const char *tag = run->at++;
        if (run->at == run->end) return 0;
        int ended = 0;
        if (*run->at == '/') {
            if (!run->depth) return 0;
            Level *level = run->levels + run->depth - 1;
            run->at++;
            if ((size_t)(run->end - run->at) <= level->length || memcmp(run->at, level->name, level->length)) return 0;
            run->at += level->length;
            while (run->at < run->end && is_blank(*run->at)) run->at++;
            if (run->at == run->end || *run->at++ != '>') return 0;
            ended = 1;
        } else {
            if (run->depth == DEPTH) return 0;
            if (run->depth == 1) run->siblings++;
            if (tag == run->apex) run->apex_depth = run->depth;
            else if (run->apex_depth >= 0 && run->depth == run->apex_depth + 1 && !run->children++) {
                if (!cut(run)) return 0;
                run->content_at = tag;
            }
            int form = opened(run, run->apex_depth >= 0);
            if (!form) return 0;
            if (until == HEAD && run->depth == 1 && run->siblings == 2) {
                run->content_at = tag;
                return form;
            }
            run->depth++;
            ended = form == 2;
        }
        if (ended) {
            if (!closed(run, run->apex_depth >= 0)) return 0;
            if (run->apex_depth >= 0) {
                if (run->depth == run->apex_depth + 1 && run->children == 1) run->content_end = run->length;
                if (run->depth == run->apex_depth) { run->apex_depth = -1; run->apex = NULL; }
            }
            if (!run->depth) break;
        }
        if (!text(run, run->apex_depth >= 0)) return 0;
    }
    while (run->at < run->end && is_blank(*run->at)) run->at++;
    return run->at == run->end;
}

static PyObject *unsure(const Run *run) {
    if (run->exhausted) return PyErr_NoMemory();
    return PyErr_Format(PyExc_ValueError, "not sure at byte %zd", (Py_ssize_t)(run->at - run->start));
}

static Run *begin(const Py_buffer *data, Py_ssize_t from) {
    Run *run = malloc(sizeof *run);
    if (!run) { PyErr_NoMemory(); return NULL; }
    memset(run, 0, offsetof(Run, bindings));
    run->bound = run->shown = run->depth = run->inclusives = run->identified = 0;
    run->children = run->siblings = run->depends = run->exhausted = 0;
    run->nodes = 0;
    run->apex_depth = -1;
    run->out = run->before = NULL;
    run->length = run->room = run->most = run->before_length = run->content_end = 0;
    run->content_at = NULL;
    run->start = data->buf;
    run->at = run->start + from;
    run->end = run->start + data->len;
    return run;
}

/* head(data, from) -> (start, end, empty, name): the tag of the second child of the root, and the name of the root. */
static PyObject *head(PyObject *module, PyObject *arguments) {
    Py_buffer data;
    Py_ssize_t from;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*n", &data, &from)) return NULL;
    PyObject *result = NULL;
    Run *run = NULL;
    if (from < 0 || from > data.len) PyErr_SetString(PyExc_ValueError, "there is no such place");
    else if ((run = begin(&data, from))) {
        int form = walk(run, HEAD);
        if (form && run->content_at)
            result = Py_BuildValue("(nnOy#y#)", (Py_ssize_t)(run->content_at - run->start),
                (Py_ssize_t)(run->at - run->start), form == 2 ? Py_True : Py_False,
                run->levels[0].name, (Py_ssize_t)run->levels[0].length,
                run->levels[1].name, (Py_ssize_t)run->levels[1].length);
        else unsure(run);
    }
    free(run);
    PyBuffer_Release(&data);
    return result;
}

static PyObject *identifications(const Run *run) {
    PyObject *list = PyList_New(run->identified);
    for (int number = 0; list && number < run->identified; number++) {
        PyObject *id = PyUnicode_FromStringAndSize(run->ids[number].text, (Py_ssize_t)run->ids[number].length);
        if (!id || PyList_SetItem(list, number, id)) { Py_DECREF(list); return NULL; }
    }
    return list;
}

/* What was written, as bytes: copied from its end, and let go as it is. */
static PyObject *taken(Run *run, size_t length) {
    PyObject *whole = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)length);
    char *to = whole ? PyBytes_AsString(whole) : NULL;
    while (to && length) {
        size_t left = length > LET_GO ? length - LET_GO : 0;
        memcpy(to + left, run->out + left, length - left);
        length = left;
        char *out = length ? realloc(run->out, length) : NULL;
        if (out) run->out = out;
    }
    return whole;
}

/* Before, the child itself and after it. */
static PyObject *in_one(Run *run, PyObject *ids) {
    size_t end = run->children ? run->content_end : 0;
    const char *first = run->children ? run->before : run->out;
    PyObject *before = PyBytes_FromStringAndSize(first, (Py_ssize_t)(run->children ? run->before_length : run->length));
    PyObject *after = PyBytes_FromStringAndSize(run->out + end, run->children ? (Py_ssize_t)(run->length - end) : 0);
    PyObject *content = before && after ? taken(run, end) : NULL;
    if (!content) {
        Py_XDECREF(before);
        Py_XDECREF(after);
        Py_DECREF(ids);
        return NULL;
    }
    return Py_BuildValue("(NNNiiOnNn)", before, content, after, run->children, run->siblings,
        run->depends ? Py_True : Py_False, run->children ? (Py_ssize_t)(run->content_at - run->start) : (Py_ssize_t)-1,
        ids, (Py_ssize_t)run->nodes);
}

/* canonical(data, from, apex, prefixes) -> (before, content, after, children, siblings, depends, place, ids, nodes) */
static PyObject *canonical(PyObject *module, PyObject *arguments) {
    Py_buffer data;
    Py_ssize_t from, apex;
    PyObject *prefixes;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*nnO", &data, &from, &apex, &prefixes)) return NULL;
    PyObject *result = NULL;
    Run *run = NULL;
    if (from < 0 || apex < from || apex > data.len || !PyTuple_Check(prefixes) || PyTuple_Size(prefixes) > PREFIXES)
        PyErr_SetString(PyExc_ValueError, "there is no such place, or there are too many prefixes");
    else if ((run = begin(&data, from))) {
        int fine = 1;
        for (Py_ssize_t number = 0; fine && number < PyTuple_Size(prefixes); number++) {
            char *prefix;
            Py_ssize_t length;
            fine = !PyBytes_AsStringAndSize(PyTuple_GetItem(prefixes, number), &prefix, &length);
            if (fine) run->inclusive[run->inclusives++] = (Span){prefix, (size_t)length};
        }
        if (fine) {
            run->apex = run->start + apex;
            run->most = (size_t)data.len * GROWTH + 65536;
            Py_BEGIN_ALLOW_THREADS
            fine = grow(run, 2 * (size_t)(data.len - apex) + 1024) && walk(run, WHOLE) && !run->apex;
            Py_END_ALLOW_THREADS
            PyObject *ids = fine ? identifications(run) : NULL;
            if (!fine) unsure(run);
            else if (ids) result = in_one(run, ids);
        }
        free(run->out);
        free(run->before);
    }
    free(run);
    PyBuffer_Release(&data);
    return result;
}

static PyMethodDef FUNCTIONS[] = {
    {"head", head, METH_VARARGS, "The tag of the second child of the root."},
    {"canonical", canonical, METH_VARARGS, "The exclusive canonical form of one element."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot SLOTS[] = {{0, NULL}};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "ediel.transport._canonical", "Exclusive canonical XML straight from bytes.", 0, FUNCTIONS, SLOTS,
    NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__canonical(void) { return PyModuleDef_Init(&MODULE); }
