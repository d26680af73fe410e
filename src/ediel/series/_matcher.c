/* A matcher for XML that serialisers write, and its counterpart that writes values: the optional accelerator.
 *
 * It knows nothing of EMIF. A program (compiled from the schema by _program.py) says which elements stand where, which
 * attributes they have, and which form their texts have; the matcher walks a document by it and keeps what it is told
 * to keep. It accepts a strict subset of what the schema accepts: no comments, sections, instructions or entities, no
 * empty elements, prefixes declared only on the element that uses them, texts in one canonical form. Whatever else it
 * meets it refuses, with the place; the ordinary reader then says what it is.
 *
 * The program is an array of 32-bit words: nine that say where the tables begin and how many elements there are, then the tables, whose rows
 * are the structures below. Texts of the program are in one run of bytes. It comes from this package and is trusted;
 * the document is not, and is never read beyond its end.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stdint.h>
#include <string.h>

enum { SPACES = 4, REGISTERS = 8, PREFIX = 40 };

typedef struct {  /* an element: its name, how often, its attributes, and its content */
    int32_t name, length, space, most;
    int32_t attribute, attributes, required;   /* the last one a bit for each */
    int32_t sequence;              /* whether it has elements inside, and not a text */
    int32_t first, count;          /* particles of the sequence; or `first` is the type of the text */
    int32_t column;                /* where the text is kept in the row of the series, or -1 */
    int32_t store;                 /* the register that gets the value of the text, or -1 */
    int32_t mark, value;           /* the register that gets a constant, or -1; the constant */
    int32_t row;                   /* whether its end completes a row of values */
} Element;
typedef struct { int32_t first, count, least; } Particle;           /* one of these elements, at least so often */
typedef struct { int32_t name, length, type, store; } Attribute;
typedef struct { int32_t kind, a, b, c; } Type;
typedef struct { int32_t members, least, most; } Step;              /* so many characters of a class */
typedef struct { int32_t text, length, value; } Word;
enum { DECIMAL, INTEGER, MOMENT, ONE_OF, PATTERN };

typedef struct {
    const Element *elements;
    const Particle *particles;
    const int32_t *options;
    const Attribute *attributes;
    const Type *types;
    const Step *steps;
    const uint32_t *classes;
    const Word *words;
    const char *texts;
    int32_t count;
} Program;

/* Rows of values are alike but for their numbers: the text of one that was matched, and where its numbers stand in it. */
typedef struct { int32_t begin, end, type, store; } Hole;
enum { SKELETONS = 4, SKELETON = 480, HOLES = 4 };
typedef struct {
    char text[SKELETON];
    int32_t length, element, holes;
    Hole hole[HOLES];
    int64_t registers[REGISTERS];
} Skeleton;

typedef struct {
    Program program;
    const char *start, *at, *end;
    const char *space[SPACES];         /* names of the namespaces */
    size_t space_length[SPACES];
    char prefix[SPACES][PREFIX];       /* the prefix that stands for each, and whether it is in scope here */
    int prefix_length[SPACES], active[SPACES];
    char *openings;                    /* "<prefix:name" of each element, for the prefixes of now */
    int32_t *opening_length;
    int64_t registers[REGISTERS];
    char *column[REGISTERS];
    int size[REGISTERS], columns;
    int64_t *series;
    const int64_t *blank;
    int64_t width, rows, most_rows, found;
    Skeleton skeleton[SKELETONS];
    int skeletons, latest, oldest;     /* how many there are; the one that fitted last; the next to be replaced */
    const char *row;                   /* where the row begins of which the holes are being noted, or NULL */
    Hole hole[HOLES];
    int holes;
} Run;

enum { OPENING = 128 };

static int is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

static int is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'
        || c == '.' || c == ':';
}

/* memcmp for the few bytes of a name, without the call. */
static inline int same(const char *one, const char *other, size_t length) {
    uint64_t a, b;
    if (length < 8) {
        for (size_t place = 0; place < length; place++)
            if (one[place] != other[place]) return 0;
        return 1;
    }
    size_t place = 0;
    for (; place + 8 <= length; place += 8) {
        memcpy(&a, one + place, 8);
        memcpy(&b, other + place, 8);
        if (a != b) return 0;
    }
    memcpy(&a, one + length - 8, 8);
    memcpy(&b, other + length - 8, 8);
    return a == b;
}

static int is_digit(char c) { return c >= '0' && c <= '9'; }

static void spell(Run *run, int space) {
    for (int32_t number = 0; number < run->program.count; number++) {
        const Element *element = run->program.elements + number;
        if (element->space != space) continue;
        char *to = run->openings + (size_t)number * OPENING;
        char *begin = to;
        *to++ = '<';
        if (run->prefix_length[space]) {
            memcpy(to, run->prefix[space], run->prefix_length[space]);
            to += run->prefix_length[space];
            *to++ = ':';
        }
        memcpy(to, run->program.texts + element->name, element->length);
        run->opening_length[number] = (int32_t)(to + element->length - begin);
    }
}

/* Texts: each gives where it ends, or NULL where it is of another form. */

static const char *decimal(const Type *type, const char *at, const char *end, int64_t *value) {
    int negative = at < end && *at == '-';
    if (negative && !type->c) return NULL;
    at += negative;
    int64_t found = 0;
    const char *begin = at;
    while (at < end && is_digit(*at)) {
        if (at - begin >= type->a) return NULL;
        found = found * 10 + (*at++ - '0');
    }
    if (at == begin) return NULL;
    int decimals = 0;
    if (at < end && *at == '.') {
        at++;
        while (at < end && is_digit(*at)) {
            if (decimals >= type->b) return NULL;
            found = found * 10 + (*at++ - '0');
            decimals++;
        }
        if (!decimals) return NULL;
    }
    for (; decimals < type->b; decimals++) found *= 10;
    *value = negative ? -found : found;
    return at;
}

static const char *integer(const Type *type, const char *at, const char *end, int64_t *value) {
    int64_t found = 0;
    const char *begin = at;
    while (at < end && is_digit(*at)) {
        if (at - begin >= type->a) return NULL;
        found = found * 10 + (*at++ - '0');
    }
    if (at == begin || (*begin == '0' && at - begin > 1) || (type->b >= 0 && found > type->b)) return NULL;
    *value = found;
    return at;
}

static int pair(const char *at) {
    return is_digit(at[0]) && is_digit(at[1]) ? (at[0] - '0') * 10 + (at[1] - '0') : -1;
}

/* Microseconds since 1970 of a moment of the years 1900 to 2199, with an offset of less than 14 hours or Z. */
static const char *moment(const Type *type, const char *at, const char *end, int64_t *value) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (end - at < 20) return NULL;
    int century = pair(at), rest = pair(at + 2), month = pair(at + 5), day = pair(at + 8);
    int hour = pair(at + 11), minute = pair(at + 14), second = pair(at + 17);
    if (at[4] != '-' || at[7] != '-' || at[10] != 'T' || at[13] != ':' || at[16] != ':') return NULL;
    if (century < 19 || century > 21 || rest < 0 || month < 1 || month > 12 || day < 1) return NULL;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return NULL;
    int year = century * 100 + rest;
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > lengths[month - 1] + (leap && month == 2)) return NULL;
    at += 19;
    int64_t fraction = 0;
    if (*at == '.') {
        int digits = 0;
        for (at++; at < end && is_digit(*at); at++, digits++) {
            if (digits >= type->a) return NULL;
            if (digits < 6) fraction = fraction * 10 + (*at - '0');  /* less than a microsecond is cut off */
        }
        if (!digits) return NULL;
        for (; digits < 6; digits++) fraction *= 10;
    }
    if (at >= end) return NULL;
    int offset = 0;
    if (*at == 'Z') at++;
    else {
        if (end - at < 6 || (*at != '+' && *at != '-') || at[3] != ':') return NULL;
        int hours = pair(at + 1), minutes = pair(at + 4);
        if (hours < 0 || hours > 13 || minutes < 0 || minutes > 59) return NULL;
        offset = (hours * 60 + minutes) * (*at == '-' ? -1 : 1);
        at += 6;
    }
    /* days since 1970: years begin in March, so that the leap day is the last of a year */
    int64_t y = year - (month <= 2), era = y / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    *value = (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000000 + fraction;
    return at;
}

static const char *one_of(const Program *program, const Type *type, const char *at, const char *end, int64_t *value) {
    for (int32_t number = 0; number < type->b; number++) {
        const Word *word = program->words + type->a + number;
        if (end - at == word->length && same(at, program->texts + word->text, (size_t)word->length)) {
            *value = word->value;
            return end;
        }
    }
    return NULL;
}

static const char *pattern(const Program *program, const Type *type, const char *at, const char *end) {
    for (int32_t number = 0; number < type->b; number++) {
        const Step *step = program->steps + type->a + number;
        const uint32_t *members = program->classes + step->members;
        int32_t found = 0;
        while (at < end && found < step->most) {
            unsigned char c = (unsigned char)*at;
            if (c >= 128 || !(members[c >> 5] >> (c & 31) & 1)) break;
            at++;
            found++;
        }
        if (found < step->least) return NULL;
    }
    return at;
}

/* A text of a type between two places; whether it is one. */
static int whole(const Program *program, int32_t number, const char *at, const char *end, int64_t *value) {
    const Type *type = program->types + number;
    *value = 0;
    switch (type->kind) {
    case DECIMAL: return decimal(type, at, end, value) == end;
    case INTEGER: return integer(type, at, end, value) == end;
    case MOMENT: return moment(type, at, end, value) == end;
    case ONE_OF: return one_of(program, type, at, end, value) == end;
    default: return pattern(program, type, at, end) == end;
    }
}

/* Note a number of the row. A row with anything else of its own is no skeleton. */
static void note(Run *run, int32_t type, int32_t store, const char *begin, const char *end) {
    if (!run->row) return;
    int32_t kind = run->program.types[type].kind;
    if (kind == ONE_OF || kind == PATTERN) return;  /* a word: the same bytes are the same word */
    if ((kind != DECIMAL && kind != INTEGER) || run->holes == HOLES || end - run->row > SKELETON) {
        run->row = NULL;
        return;
    }
    run->hole[run->holes++] = (Hole){(int32_t)(begin - run->row), (int32_t)(end - run->row), type, store};
}

typedef struct { const char *name; size_t length; int leaves; } Tag;   /* as written; whether its end ends a scope */

enum { REFUSED = -1, OTHER, MATCHED };

static int declare(Run *run, int space, const char *prefix, int length, Tag *tag) {
    run->skeletons = 0;  /* what a prefix stands for is no longer what it was */
    run->row = NULL;
    if (run->active[space])
        return length == run->prefix_length[space] && memcmp(prefix, run->prefix[space], length) == 0;
    if (length != run->prefix_length[space] || memcmp(prefix, run->prefix[space], length)) {
        if (length >= PREFIX) return 0;
        memcpy(run->prefix[space], prefix, length);
        run->prefix_length[space] = length;
        spell(run, space);
    }
    for (int other = 0; other < SPACES; other++)  /* a prefix that stands for two things is none of ours */
        if (other != space && run->space[other] && length == run->prefix_length[other]
            && memcmp(prefix, run->prefix[other], length) == 0) return 0;
    run->active[space] = 1;
    tag->leaves = 1;
    return 1;
}

static int open_tag(Run *run, int32_t number, Tag *tag) {
    const Program *program = &run->program;
    const Element *element = program->elements + number;
    const char *at = run->at, *end = run->end;
    size_t length = (size_t)run->opening_length[number];
    const char *prefix;
    int prefix_length, declared = 0;
    if ((size_t)(end - at) <= length) return OTHER;
    if (same(at, run->openings + (size_t)number * OPENING, length) && !is_name(at[length])) {
        prefix = run->prefix[element->space];
        prefix_length = run->prefix_length[element->space];
        tag->name = at + 1;
        tag->length = length - 1;
        at += length;
    } else {  /* perhaps with a prefix that it declares itself */
        const char *begin = at + 1, *colon = NULL;
        for (at++; at < end && is_name(*at); at++)
            if (*at == ':' && !colon) colon = at;
        const char *local = colon ? colon + 1 : begin;
        if (*run->at != '<' || at - local != element->length
            || memcmp(local, program->texts + element->name, element->length)) return OTHER;
        prefix = begin;
        prefix_length = colon ? (int)(colon - begin) : 0;
        if (colon && (prefix_length == 0 || prefix_length >= PREFIX)) return REFUSED;
        if (colon && is_digit(*begin)) return REFUSED;
        tag->name = begin;
        tag->length = (size_t)(at - begin);
    }
    tag->leaves = 0;
    uint32_t seen = 0, required = (uint32_t)element->required;
    const Attribute *attributes = program->attributes + element->attribute;
    for (int32_t expected = 0;; expected++) {
        const char *before = at;
        while (at < end && is_blank(*at)) at++;
        if (at >= end) return REFUSED;
        if (*at == '>') break;
        if (at == before) return REFUSED;
        const char *name = at;
        int32_t place = element->attributes;
        if (expected < element->attributes) {  /* most stand in the order of the schema */
            size_t likely = (size_t)attributes[expected].length;
            if ((size_t)(end - at) > likely && at[likely] == '='
                && same(at, program->texts + attributes[expected].name, likely)) {
                place = expected;
                at += likely;
            }
        }
        if (place == element->attributes) while (at < end && is_name(*at)) at++;
        size_t name_length = (size_t)(at - name);
        if (end - at < 3 || *at != '=' || (at[1] != '"' && at[1] != '\'')) return REFUSED;
        char quote = at[1];
        const char *value = at += 2;
        while (at < end && *at != quote && *at != '<' && *at != '&' && (unsigned char)*at >= 0x20) at++;
        if (at >= end || *at != quote) return REFUSED;
        const char *after = at++;
        if (name_length >= 5 && memcmp(name, "xmlns", 5) == 0) {
            const char *mine = name + 5;
            size_t mine_length = name_length - 5;
            if (mine_length) {
                if (*mine != ':' || mine_length == 1) return REFUSED;
                mine++;
                mine_length--;
            }
            if (declared || mine_length != (size_t)prefix_length || memcmp(mine, prefix, mine_length)) return REFUSED;
            if ((size_t)(after - value) != run->space_length[element->space]
                || memcmp(value, run->space[element->space], (size_t)(after - value))) return REFUSED;
            declared = 1;
            continue;
        }
        if (place == element->attributes)
            for (place = 0; place < element->attributes; place++)
                if ((size_t)attributes[place].length == name_length
                    && same(name, program->texts + attributes[place].name, name_length)) break;
        if (place == element->attributes || seen >> place & 1) return REFUSED;
        seen |= (uint32_t)1 << place;
        int64_t found;
        if (!whole(program, attributes[place].type, value, after, &found)) return REFUSED;
        if (attributes[place].store >= 0) {
            run->registers[attributes[place].store] = found;
            note(run, attributes[place].type, attributes[place].store, value, after);
        }
    }
    if ((seen & required) != required) return REFUSED;
    if (declared) {
        if (!declare(run, element->space, prefix, prefix_length, tag)) return REFUSED;
    } else if (!run->active[element->space] || prefix_length != run->prefix_length[element->space]
               || !same(prefix, run->prefix[element->space], (size_t)prefix_length)) return REFUSED;
    run->at = at + 1;
    return MATCHED;
}

static int close_tag(Run *run, const Element *element, const Tag *tag) {
    const char *at = run->at, *end = run->end;
    if ((size_t)(end - at) < tag->length + 3 || at[0] != '<' || at[1] != '/') return REFUSED;
    if (!same(at + 2, tag->name, tag->length)) return REFUSED;
    at += tag->length + 2;
    while (at < end && is_blank(*at)) at++;
    if (at >= end || *at != '>') return REFUSED;
    run->at = at + 1;
    if (tag->leaves) {
        run->active[element->space] = 0;
        run->skeletons = 0;
        run->row = NULL;
    }
    return MATCHED;
}

static void skip(Run *run) {
    while (run->at < run->end && is_blank(*run->at)) run->at++;
}

static int leaf(Run *run, const Element *element) {
    const char *begin = run->at, *end;
    const Type *type = run->program.types + element->first;
    int64_t value = 0;
    switch (type->kind) {  /* where the form says where a text ends, nobody looks for the end first */
    case DECIMAL: end = decimal(type, begin, run->end, &value); break;
    case INTEGER: end = integer(type, begin, run->end, &value); break;
    case MOMENT: end = moment(type, begin, run->end, &value); break;
    case PATTERN: end = pattern(&run->program, type, begin, run->end); break;
    default:
        for (end = begin; end < run->end && *end != '<'; end++)
            if (end - begin > 200) return REFUSED;
        end = one_of(&run->program, type, begin, end, &value);
    }
    if (!end || end >= run->end || *end != '<') return REFUSED;
    if (element->store >= 0) {
        run->registers[element->store] = value;
        note(run, element->first, element->store, begin, end);
    }
    if (element->column >= 0) {
        run->row = NULL;
        if (type->kind == MOMENT) run->series[element->column] = value;
        else {  /* a text that is that of the element before is kept as the same place */
            int64_t *kept = run->series + element->column;
            const int64_t *before = kept - run->width;
            kept[0] = begin - run->start;
            kept[1] = end - run->start;
            if (run->found && before[0] >= 0 && before[1] - before[0] == end - begin
                && same(run->start + before[0], begin, (size_t)(end - begin))) {
                kept[0] = before[0];
                kept[1] = before[1];
            }
        }
    }
    run->at = end;
    return MATCHED;
}

static int content(Run *run, const Element *element);

static int row(Run *run) {
    if (run->rows >= run->most_rows) return REFUSED;
    for (int number = 0; number < run->columns; number++) {
        int64_t value = run->registers[number];
        switch (run->size[number]) {
        case 1: ((int8_t *)run->column[number])[run->rows] = (int8_t)value; break;
        case 4: ((int32_t *)run->column[number])[run->rows] = (int32_t)value; break;
        default: ((int64_t *)run->column[number])[run->rows] = value;
        }
    }
    run->rows++;
    return MATCHED;
}

/* Where the row ends that begins here, if it is a row that was met before but for its numbers. */
static const char *fits(Run *run, const Skeleton *skeleton, int64_t *values) {
    const char *at = run->at, *end = run->end;
    int32_t place = 0;
    for (int32_t number = 0; number <= skeleton->holes; number++) {
        int32_t until = number < skeleton->holes ? skeleton->hole[number].begin : skeleton->length;
        if (end - at < until - place || !same(at, skeleton->text + place, (size_t)(until - place))) return NULL;
        at += until - place;
        if (number == skeleton->holes) break;
        const Type *type = run->program.types + skeleton->hole[number].type;
        at = type->kind == DECIMAL ? decimal(type, at, end, values + number) : integer(type, at, end, values + number);
        if (!at) return NULL;
        place = skeleton->hole[number].end;
    }
    return at;
}

static int again(Run *run, int32_t element) {
    int64_t values[HOLES];
    for (int tried = 0; tried < run->skeletons; tried++) {
        int number = (run->latest + tried) % run->skeletons;
        const Skeleton *skeleton = run->skeleton + number;
        const char *end = skeleton->element == element ? fits(run, skeleton, values) : NULL;
        if (!end) continue;
        memcpy(run->registers, skeleton->registers, sizeof run->registers);
        for (int32_t hole = 0; hole < skeleton->holes; hole++)
            run->registers[skeleton->hole[hole].store] = values[hole];
        run->at = end;
        run->latest = number;
        return row(run);
    }
    return OTHER;
}

/* Keep the row that has just been matched as a skeleton. */
static void keep(Run *run, int32_t element) {
    if (!run->row || run->at - run->row > SKELETON) return;
    if (run->skeletons < SKELETONS) run->latest = run->skeletons++;
    else run->latest = run->oldest = (run->oldest + 1) % SKELETONS;
    Skeleton *skeleton = run->skeleton + run->latest;
    skeleton->length = (int32_t)(run->at - run->row);
    skeleton->element = element;
    skeleton->holes = run->holes;
    memcpy(skeleton->text, run->row, (size_t)skeleton->length);
    memcpy(skeleton->hole, run->hole, sizeof run->hole);
    memcpy(skeleton->registers, run->registers, sizeof run->registers);
}

static int one(Run *run, int32_t number) {
    const Element *element = run->program.elements + number;
    if (element->row) {
        int outcome = again(run, number);
        if (outcome != OTHER) return outcome;
        memset(run->registers, 0, sizeof run->registers);
        run->row = run->at;
        run->holes = 0;
    }
    Tag tag;
    int outcome = open_tag(run, number, &tag);
    if (outcome != MATCHED) return outcome;
    if (element->mark >= 0) run->registers[element->mark] = element->value;
    outcome = element->sequence ? content(run, element) : leaf(run, element);
    if (outcome != MATCHED) return REFUSED;
    if (close_tag(run, element, &tag) != MATCHED) return REFUSED;
    if (!element->row) return MATCHED;
    keep(run, number);
    run->row = NULL;
    return row(run);
}

static int content(Run *run, const Element *element) {
    skip(run);
    for (int32_t number = 0; number < element->count; number++) {
        const Particle *particle = run->program.particles + element->first + number;
        int32_t found = 0;
        for (int32_t option = 0; option < particle->count && !found; option++) {
            int32_t which = run->program.options[particle->first + option];
            int32_t most = run->program.elements[which].most;
            while (found < most) {
                int outcome = one(run, which);
                if (outcome == REFUSED) return REFUSED;
                if (outcome == OTHER) break;
                found++;
                skip(run);
            }
        }
        if (found < particle->least) return REFUSED;
    }
    return MATCHED;
}

static int buffers(PyObject *given, Py_buffer *views, int most) {
    Py_ssize_t count = PyTuple_Size(given);
    if (count < 0 || count > most) {
        PyErr_SetString(PyExc_ValueError, "too many columns");
        return -1;
    }
    for (Py_ssize_t number = 0; number < count; number++) {
        if (PyObject_GetBuffer(PyTuple_GetItem(given, number), views + number, PyBUF_WRITABLE) < 0) {
            while (number--) PyBuffer_Release(views + number);
            return -1;
        }
    }
    return (int)count;
}

PyDoc_STRVAR(match_doc,
"match(data, begin, program, texts, spaces, prefixes, series, blank, columns, rows) -> (series, rows, end, at)\n\n"
"Walk over elements of the first kind of the program, one after the other, from a place in the document on.\n\n"
"spaces: names of the namespaces; prefixes: of each the prefix in scope, or None. series: int64, a row for each\n"
"element: begin, end, number of the first row of values, and what the program keeps, of a text where it begins and\n"
"ends (or where the same text stands in the element before); blank: such a row to begin with.\n"
"columns: one for each register; rows: how many of their rows are taken already.\n"
"Gives how many elements and rows there are now, where the last one ends, and where it stopped. An element that is\n"
"refused is not counted.");

static PyObject *match(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer data, words, texts, series, blank, columns[REGISTERS];
    Py_ssize_t begin, rows;
    PyObject *spaces, *prefixes, *given, *result = NULL;
    if (!PyArg_ParseTuple(args, "y*ny*y*O!O!w*y*O!n", &data, &begin, &words, &texts, &PyTuple_Type, &spaces,
                          &PyTuple_Type, &prefixes, &series, &blank, &PyTuple_Type, &given, &rows)) return NULL;
    Run run;
    memset(&run, 0, sizeof run);
    int count = buffers(given, columns, REGISTERS);
    if (count < 0) goto release;
    const int32_t *word = words.buf;
    Program *program = &run.program;
    program->elements = (const Element *)(word + word[0]);
    program->count = word[8];
    program->particles = (const Particle *)(word + word[1]);
    program->options = word + word[2];
    program->attributes = (const Attribute *)(word + word[3]);
    program->types = (const Type *)(word + word[4]);
    program->steps = (const Step *)(word + word[5]);
    program->classes = (const uint32_t *)(word + word[6]);
    program->words = (const Word *)(word + word[7]);
    program->texts = texts.buf;
    run.openings = PyMem_Malloc((size_t)program->count * OPENING);
    run.opening_length = PyMem_Malloc((size_t)program->count * sizeof(int32_t));
    if (!run.openings || !run.opening_length) { PyErr_NoMemory(); goto finish; }
    if (PyTuple_Size(spaces) > SPACES || PyTuple_Size(prefixes) != PyTuple_Size(spaces) || begin < 0
        || begin > data.len || rows < 0) {
        PyErr_SetString(PyExc_ValueError, "arguments that do not go together");
        goto finish;
    }
    for (Py_ssize_t number = 0; number < PyTuple_Size(spaces); number++) {
        char *text;
        Py_ssize_t length;
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(spaces, number), &text, &length) < 0) goto finish;
        run.space[number] = text;
        run.space_length[number] = (size_t)length;
        run.prefix_length[number] = -1;  /* none yet: no declared one is like it */
        PyObject *prefix = PyTuple_GetItem(prefixes, number);
        if (prefix != Py_None) {
            if (PyBytes_AsStringAndSize(prefix, &text, &length) < 0) goto finish;
            if (length >= PREFIX) { PyErr_SetString(PyExc_ValueError, "a prefix that is too long"); goto finish; }
            memcpy(run.prefix[number], text, (size_t)length);
            run.prefix_length[number] = (int)length;
            run.active[number] = 1;
        }
    }
    for (int32_t number = 0; number < program->count; number++) {  /* nothing begins with these, until they are spelt */
        run.openings[(size_t)number * OPENING] = '\0';
        run.opening_length[number] = 1;
        if (program->elements[number].length > OPENING - PREFIX - 3) {
            PyErr_SetString(PyExc_ValueError, "a name that is too long");
            goto finish;
        }
    }
    for (int number = 0; number < SPACES; number++)
        if (run.space[number] && run.active[number]) spell(&run, number);
    run.start = data.buf;
    run.at = run.start + begin;
    run.end = run.start + data.len;
    run.columns = count;
    run.rows = rows;
    run.most_rows = INT64_MAX;
    for (int number = 0; number < count; number++) {
        run.column[number] = columns[number].buf;
        run.size[number] = (int)columns[number].itemsize;
        int64_t most = columns[number].len / columns[number].itemsize;
        if (most < run.most_rows) run.most_rows = most;
    }
    run.width = blank.len / (Py_ssize_t)sizeof(int64_t);
    run.blank = blank.buf;
    int64_t most = series.len / (Py_ssize_t)sizeof(int64_t) / run.width;
    const char *last = run.at, *stopped;
    Py_BEGIN_ALLOW_THREADS
    for (;;) {
        skip(&run);
        stopped = run.at;
        if (run.found >= most || run.end - run.at < 2) break;
        int64_t before = run.rows;
        run.series = (int64_t *)series.buf + run.found * run.width;
        memcpy(run.series, run.blank, (size_t)blank.len);
        const char *opens = run.at;
        if (one(&run, 0) != MATCHED) {
            stopped = run.at;
            run.rows = before;
            break;
        }
        run.series[0] = opens - run.start;
        run.series[1] = run.at - run.start;
        run.series[2] = before;
        last = run.at;
        run.found++;
    }
    Py_END_ALLOW_THREADS
    result = Py_BuildValue("nnnn", (Py_ssize_t)run.found, (Py_ssize_t)run.rows, (Py_ssize_t)(last - run.start),
                           (Py_ssize_t)(stopped - run.start));
finish:
    PyMem_Free(run.openings);
    PyMem_Free(run.opening_length);
    while (count--) PyBuffer_Release(columns + count);
release:
    PyBuffer_Release(&data);
    PyBuffer_Release(&words);
    PyBuffer_Release(&texts);
    PyBuffer_Release(&series);
    PyBuffer_Release(&blank);
    return result;
}

static uint64_t hash_of(const char *text, size_t length) {
    uint64_t hash = length * 0x9E3779B97F4A7C15u, part;
    for (; length >= 8; text += 8, length -= 8) {
        memcpy(&part, text, 8);
        hash = (hash ^ part) * 0xFF51AFD7ED558CCDu;
        hash ^= hash >> 32;
    }
    part = 0;
    memcpy(&part, text, length);
    hash = (hash ^ part) * 0xFF51AFD7ED558CCDu;
    return hash ^ hash >> 32;
}

/* The distinct texts of a column, in the order in which they come: `places` gets where each stands in that list, -1 for
 * none; `listed` the rows in which they come first. Gives how many there are, or -1 where the row says something else. */
static int64_t distinct_texts(const char *data, int64_t size, const int64_t *series, int64_t rows, int64_t width,
                              int32_t *places, int32_t *listed, int32_t *table, uint64_t mask, int64_t *length,
                              int64_t *absent) {
    int64_t count = 0;
    memset(table, -1, (size_t)(mask + 1) * sizeof *table);
    *length = 0;
    for (int64_t row = 0; row < rows; row++) {
        const int64_t *kept = series + row * width;
        int64_t begin = kept[0], end = kept[1];
        if (begin < 0) { places[row] = -1; ++*absent; continue; }
        if (end < begin || end > size) return -1;
        if (row && kept[-width] == begin && kept[1 - width] == end) { places[row] = places[row - 1]; continue; }
        uint64_t slot = hash_of(data + begin, (size_t)(end - begin)) & mask;
        for (;; slot = (slot + 1) & mask) {
            if (table[slot] < 0) {
                table[slot] = (int32_t)count;
                listed[count] = (int32_t)row;
                *length += end - begin;
                places[row] = (int32_t)count++;
                break;
            }
            const int64_t *other = series + (int64_t)listed[table[slot]] * width;
            if (other[1] - other[0] == end - begin
                && memcmp(data + other[0], data + begin, (size_t)(end - begin)) == 0) {
                places[row] = table[slot];
                break;
            }
        }
    }
    return count;
}

PyDoc_STRVAR(distinct_doc,
"distinct(data, series, width, columns, places) -> ((absent, offsets, texts), ...)\n\n"
"The distinct texts of some columns of what match() has kept: series, rows of width int64. columns: int32, where each\n"
"begins; places: int32, of each column a row for every series, gets where its text stands in the list, or -1. Of each:\n"
"how many series have none, and the list as Arrow has it: int32 offsets, one more than there are texts, and the texts.");

static PyObject *distinct(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer data, series, columns, places;
    Py_ssize_t width;
    PyObject *result = NULL;
    int32_t *listed = NULL, *table = NULL;
    if (!PyArg_ParseTuple(args, "y*y*ny*w*", &data, &series, &width, &columns, &places)) return NULL;
    Py_ssize_t count = columns.len / 4, rows = width > 0 ? series.len / 8 / width : 0;
    if (width < 2 || places.len / 4 != count * rows || rows > INT32_MAX / 4) {
        PyErr_SetString(PyExc_ValueError, "arguments that do not go together");
        goto release;
    }
    uint64_t mask = 15;
    while (mask < (uint64_t)rows * 2) mask = mask * 2 + 1;
    listed = PyMem_Malloc((size_t)(rows + 1) * sizeof *listed);
    table = PyMem_Malloc((size_t)(mask + 1) * sizeof *table);
    if (!listed || !table) { PyErr_NoMemory(); goto release; }
    if (!(result = PyTuple_New(count))) goto release;
    for (Py_ssize_t number = 0; number < count; number++) {
        int32_t at = ((const int32_t *)columns.buf)[number];
        int64_t length = 0, absent = 0, found = -1;
        if (at >= 0 && at + 2 <= width)
            found = distinct_texts(data.buf, data.len, (const int64_t *)series.buf + at, rows, width,
                                   (int32_t *)places.buf + number * rows, listed, table, mask, &length, &absent);
        if (found < 0 || length > INT32_MAX) {
            PyErr_SetString(PyExc_ValueError, "a column that holds no texts");
            goto refuse;
        }
        PyObject *offsets = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(found + 1) * 4);
        PyObject *texts = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)length);
        PyObject *both = offsets && texts ? Py_BuildValue("nOO", (Py_ssize_t)absent, offsets, texts) : NULL;
        if (both) {
            int32_t *offset = (int32_t *)(void *)PyBytes_AsString(offsets);
            char *to = PyBytes_AsString(texts);
            offset[0] = 0;
            for (int64_t place = 0; place < found; place++) {
                const int64_t *kept = (const int64_t *)series.buf + at + (int64_t)listed[place] * width;
                memcpy(to + offset[place], (const char *)data.buf + kept[0], (size_t)(kept[1] - kept[0]));
                offset[place + 1] = offset[place] + (int32_t)(kept[1] - kept[0]);
            }
        }
        Py_XDECREF(offsets);
        Py_XDECREF(texts);
        if (!both) goto refuse;
        PyTuple_SetItem(result, number, both);
    }
    goto release;
refuse:
    Py_CLEAR(result);
release:
    PyMem_Free(listed);
    PyMem_Free(table);
    PyBuffer_Release(&data);
    PyBuffer_Release(&series);
    PyBuffer_Release(&columns);
    PyBuffer_Release(&places);
    return result;
}

static char *number_text(char *to, uint64_t value) {
    char digits[20];
    int count = 0;
    do digits[count++] = (char)('0' + value % 10); while (value /= 10);
    while (count) *to++ = digits[--count];
    return to;
}

PyDoc_STRVAR(render_doc,
"render(sequence, thousandths, tags, starts, edges, heads, lead, openings, closings, out) -> length\n\n"
"Write values: lead, sequence, opening of its tag, value with three decimals, closing of its tag. sequence and tags are\n"
"int32, thousandths int64. starts, int64, are rows that something stands before: a text of heads, between two edges,\n"
"int32, of which there is one more.");

static PyObject *render(PyObject *self, PyObject *args) {
    (void)self;
    enum { TAGS = 512 };
    Py_buffer sequence, thousandths, tags, starts, edges, heads, lead, out;
    PyObject *openings, *closings, *result = NULL;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*y*O!O!w*", &sequence, &thousandths, &tags, &starts, &edges, &heads, &lead,
                          &PyTuple_Type, &openings, &PyTuple_Type, &closings, &out)) return NULL;
    const char *opening[TAGS], *closing[TAGS];
    size_t opening_length[TAGS], closing_length[TAGS], longest = 0;
    Py_ssize_t kinds = PyTuple_Size(openings), rows = thousandths.len / 8;
    if (kinds > TAGS || PyTuple_Size(closings) != kinds || sequence.len / 4 != rows || tags.len / 4 != rows
        || edges.len / 4 != starts.len / 8 + 1) {
        PyErr_SetString(PyExc_ValueError, "arguments that do not go together");
        goto release;
    }
    for (Py_ssize_t kind = 0; kind < kinds; kind++) {
        char *text;
        Py_ssize_t length;
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(openings, kind), &text, &length) < 0) goto release;
        opening[kind] = text;
        opening_length[kind] = (size_t)length;
        if (PyBytes_AsStringAndSize(PyTuple_GetItem(closings, kind), &text, &length) < 0) goto release;
        closing[kind] = text;
        closing_length[kind] = (size_t)length;
        size_t both = opening_length[kind] + closing_length[kind];
        if (both > longest) longest = both;
    }
    longest += (size_t)lead.len + 44;
    const int32_t *place = sequence.buf, *tag = tags.buf;
    const int64_t *value = thousandths.buf;
    const int64_t *start = starts.buf, *const after = start + starts.len / 8;
    const int32_t *edge = edges.buf;
    char *to = out.buf, *const first = out.buf, *const end = first + out.len;
    int short_of = 0;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t number = 0; number < rows; number++) {
        if ((size_t)(end - to) < longest || tag[number] < 0 || tag[number] >= kinds || place[number] < 0) {
            short_of = 1;
            break;
        }
        if (start < after && *start == number) {
            if (edge[0] < 0 || edge[1] < edge[0] || edge[1] > heads.len
                || (size_t)(end - to) < longest + (size_t)(edge[1] - edge[0])) {
                short_of = 1;
                break;
            }
            memcpy(to, (const char *)heads.buf + edge[0], (size_t)(edge[1] - edge[0]));
            to += edge[1] - edge[0];
            start++;
            edge++;
        }
        memcpy(to, lead.buf, (size_t)lead.len);
        to = number_text(to + lead.len, (uint64_t)place[number]);
        memcpy(to, opening[tag[number]], opening_length[tag[number]]);
        to += opening_length[tag[number]];
        int64_t thousand = value[number];
        if (thousand < 0) *to++ = '-';
        uint64_t plain = thousand < 0 ? 0 - (uint64_t)thousand : (uint64_t)thousand;
        to = number_text(to, plain / 1000);
        unsigned rest = (unsigned)(plain % 1000);
        to[0] = '.';
        to[1] = (char)('0' + rest / 100);
        to[2] = (char)('0' + rest / 10 % 10);
        to[3] = (char)('0' + rest % 10);
        to += 4;
        memcpy(to, closing[tag[number]], closing_length[tag[number]]);
        to += closing_length[tag[number]];
    }
    if (start < after) short_of = 1;
    Py_END_ALLOW_THREADS
    if (short_of) PyErr_SetString(PyExc_ValueError, "the room is too small, or a number has no tag");
    else result = PyLong_FromSsize_t(to - first);
release:
    PyBuffer_Release(&sequence);
    PyBuffer_Release(&thousandths);
    PyBuffer_Release(&tags);
    PyBuffer_Release(&lead);
    PyBuffer_Release(&starts);
    PyBuffer_Release(&edges);
    PyBuffer_Release(&heads);
    PyBuffer_Release(&out);
    return result;
}

static PyMethodDef methods[] = {
    {"match", match, METH_VARARGS, match_doc},
    {"distinct", distinct, METH_VARARGS, distinct_doc},
    {"render", render, METH_VARARGS, render_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_matcher", "The optional accelerator: a matcher for XML, and a writer of values.", -1, methods,
    NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__matcher(void) { return PyModule_Create(&module); }
