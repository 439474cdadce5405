/* A yardstick for speed: one serving pipeline as a plain event loop, request by request.
 *
 * Poisson arrivals go through stages in a row. Each stage has one first-in-first-out queue and equal replicas; the one
 * idle longest takes a batch as soon as the queue holds a full one or its oldest request has waited for the timeout.
 * A batch of k takes mean_k seconds times a lognormal factor of mean 1 and the given sigma_k. There are no windows, no
 * drops, no faults and no changes of configuration.
 *
 * Usage: loop SEED SECONDS RATE_RPS STAGES BATCH TIMEOUT_S REPLICAS MEAN_1 SIGMA_1 ... MEAN_BATCH SIGMA_BATCH
 * Prints one line of JSON: requests completed, seconds of wall time, their mean latency and the replicas' utilisation.
 */
#define _POSIX_C_SOURCE 199309L
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What goes first at the same instant. */
enum { COMPLETION = 1, TIMER = 2 };

typedef struct {
    double time_s;
    uint64_t order; /* kind, then when it was scheduled */
    int stage, replica;
} Event;

typedef struct {
    size_t request;
    double entered_s;
} Waiting;

typedef struct {
    Waiting *ring; /* a power of two long */
    size_t head, held, size;
    int *idle; /* ring of idle replicas, longest idle first */
    int first_idle, idles;
    size_t *batches; /* the requests in service, `batch` places for each replica */
    int *sizes;
    double timer_s; /* of the one timer that counts; INFINITY for none */
} Stage;

typedef struct {
    double seconds, rate_rps, timeout_s;
    int stages, batch, replicas;
    double *mean_s, *sigma; /* by batch size, from 1 */
    uint64_t random[4];
    double spare_normal;
    int has_spare;
    double now_s, busy_s;
    uint64_t scheduled;
    Event *heap;
    size_t events, heap_size;
    Stage *stage;
    double *arrival_s, *latency_s; /* by request */
    size_t arrived, completed, room;
} Loop;

static void *checked(void *memory) {
    if (!memory) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

static uint64_t rotated(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

/* splitmix64: spreads the seed over the generator's state. */
static void seed_random(Loop *l, uint64_t seed) {
    for (int i = 0; i < 4; i++) {
        uint64_t z = (seed += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        l->random[i] = z ^ (z >> 31);
    }
}

/* xoshiro256+ of Blackman and Vigna; in (0, 1]. */
static double uniform(Loop *l) {
    uint64_t *s = l->random, result = s[0] + s[3], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotated(s[3], 45);
    return ((double)(result >> 11) + 1.0) * 0x1.0p-53;
}

/* Box and Muller; every second one is the sine left over. */
static double normal(Loop *l) {
    if (l->has_spare) {
        l->has_spare = 0;
        return l->spare_normal;
    }
    double radius = sqrt(-2.0 * log(uniform(l))), angle = 6.283185307179586 * uniform(l);
    l->spare_normal = radius * sin(angle);
    l->has_spare = 1;
    return radius * cos(angle);
}

static double service_s(Loop *l, int size) {
    double sigma = l->sigma[size];
    return sigma > 0 ? l->mean_s[size] * exp(sigma * normal(l) - sigma * sigma / 2) : l->mean_s[size];
}

static int is_before(const Event *a, const Event *b) {
    return a->time_s < b->time_s || (a->time_s == b->time_s && a->order < b->order);
}

static void schedule(Loop *l, double time_s, uint64_t kind, int stage, int replica) {
    if (l->events == l->heap_size) {
        l->heap_size *= 2;
        l->heap = checked(realloc(l->heap, l->heap_size * sizeof(Event)));
    }
    Event event = {time_s, kind << 60 | l->scheduled++, stage, replica};
    size_t at = l->events++;
    while (at && is_before(&event, &l->heap[(at - 1) / 2])) {
        l->heap[at] = l->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    l->heap[at] = event;
}

static Event take_event(Loop *l) {
    Event first = l->heap[0], last = l->heap[--l->events];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < l->events; at = child) {
        if (child + 1 < l->events && is_before(&l->heap[child + 1], &l->heap[child])) child++;
        if (!is_before(&l->heap[child], &last)) break;
        l->heap[at] = l->heap[child];
    }
    l->heap[at] = last;
    return first;
}

static void push(Stage *s, size_t request, double now_s) {
    if (s->held == s->size) {
        Waiting *longer = checked(malloc(2 * s->size * sizeof(Waiting)));
        for (size_t i = 0; i < s->held; i++) longer[i] = s->ring[(s->head + i) & (s->size - 1)];
        free(s->ring);
        s->ring = longer;
        s->head = 0;
        s->size *= 2;
    }
    s->ring[(s->head + s->held++) & (s->size - 1)] = (Waiting){request, now_s};
}

static void serve(Loop *l, int index) {
    Stage *s = &l->stage[index];
    int replica = s->idle[s->first_idle];
    s->first_idle = s->first_idle + 1 == l->replicas ? 0 : s->first_idle + 1;
    s->idles--;
    int size = s->held < (size_t)l->batch ? (int)s->held : l->batch;
    for (int i = 0; i < size; i++) {
        s->batches[replica * l->batch + i] = s->ring[s->head].request;
        s->head = (s->head + 1) & (s->size - 1);
    }
    s->held -= size;
    s->sizes[replica] = size;
    double takes_s = service_s(l, size);
    l->busy_s += takes_s;
    schedule(l, l->now_s + takes_s, COMPLETION, index, replica);
}

/* Start batches as long as one is due and a replica is idle. */
static void dispatch(Loop *l, int index) {
    Stage *s = &l->stage[index];
    while (s->held && s->idles) {
        double due_s = s->ring[s->head].entered_s + l->timeout_s;
        if (s->held < (size_t)l->batch && l->now_s < due_s) {
            if (due_s < s->timer_s) {
                s->timer_s = due_s;
                schedule(l, due_s, TIMER, index, 0);
            }
            return;
        }
        serve(l, index);
    }
}

static void accept_request(Loop *l, int index, size_t request) {
    push(&l->stage[index], request, l->now_s);
    dispatch(l, index);
}

static void complete(Loop *l, int index, int replica) {
    Stage *s = &l->stage[index];
    int place = s->first_idle + s->idles++;
    s->idle[place >= l->replicas ? place - l->replicas : place] = replica;
    for (int i = 0; i < s->sizes[replica]; i++) {
        size_t request = s->batches[replica * l->batch + i];
        if (index + 1 < l->stages) {
            accept_request(l, index + 1, request);
        } else {
            l->latency_s[request] = l->now_s - l->arrival_s[request];
            l->completed++;
        }
    }
    dispatch(l, index);
}

static void arrive(Loop *l) {
    if (l->arrived == l->room) {
        l->arrival_s = checked(realloc(l->arrival_s, 2 * l->room * sizeof(double)));
        l->latency_s = checked(realloc(l->latency_s, 2 * l->room * sizeof(double)));
        l->room *= 2;
    }
    l->arrival_s[l->arrived] = l->now_s;
    l->latency_s[l->arrived] = -1.0;
    accept_request(l, 0, l->arrived++);
}

static void happen(Loop *l, Event event) {
    if (event.order >> 60 == COMPLETION) {
        complete(l, event.stage, event.replica);
    } else if (l->stage[event.stage].timer_s == event.time_s) {
        l->stage[event.stage].timer_s = INFINITY;
        dispatch(l, event.stage);
    }
}

static void run(Loop *l) {
    double gap_s = 1.0 / l->rate_rps, arrival_s = -log(uniform(l)) * gap_s;
    for (;;) {
        if (l->events && l->heap[0].time_s <= arrival_s) {
            l->now_s = l->heap[0].time_s;
            if (l->now_s >= l->seconds) return;
            happen(l, take_event(l));
        } else {
            l->now_s = arrival_s;
            if (l->now_s >= l->seconds) return;
            arrival_s -= log(uniform(l)) * gap_s;
            arrive(l);
        }
    }
}

static void lay_out(Loop *l) {
    l->heap_size = 64;
    l->heap = checked(malloc(l->heap_size * sizeof(Event)));
    l->room = 1024;
    l->arrival_s = checked(malloc(l->room * sizeof(double)));
    l->latency_s = checked(malloc(l->room * sizeof(double)));
    l->stage = checked(calloc(l->stages, sizeof(Stage)));
    for (int i = 0; i < l->stages; i++) {
        Stage *s = &l->stage[i];
        s->size = 256;
        s->ring = checked(malloc(s->size * sizeof(Waiting)));
        s->idle = checked(malloc(l->replicas * sizeof(int)));
        s->sizes = checked(calloc(l->replicas, sizeof(int)));
        s->batches = checked(malloc((size_t)l->replicas * l->batch * sizeof(size_t)));
        for (int r = 0; r < l->replicas; r++) s->idle[r] = r;
        s->idles = l->replicas;
        s->timer_s = INFINITY;
    }
}

static void read_arguments(Loop *l, int count, char **given) {
    if (count >= 8) {
        seed_random(l, strtoull(given[1], NULL, 10));
        l->seconds = atof(given[2]);
        l->rate_rps = atof(given[3]);
        l->stages = atoi(given[4]);
        l->batch = atoi(given[5]);
        l->timeout_s = atof(given[6]);
        l->replicas = atoi(given[7]);
    }
    if (l->stages < 1 || l->batch < 1 || l->replicas < 1 || !(l->rate_rps > 0) || count != 8 + 2 * l->batch) {
        fputs("usage: see the head of loop.c\n", stderr);
        exit(2);
    }
    l->mean_s = checked(calloc(l->batch + 1, sizeof(double)));
    l->sigma = checked(calloc(l->batch + 1, sizeof(double)));
    for (int b = 1; b <= l->batch; b++) {
        l->mean_s[b] = atof(given[6 + 2 * b]);
        l->sigma[b] = atof(given[7 + 2 * b]);
    }
}

static double wall_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int count, char **given) {
    Loop l;
    memset(&l, 0, sizeof l);
    read_arguments(&l, count, given);
    double start_s = wall_s();
    lay_out(&l);
    run(&l);
    double took_s = wall_s() - start_s, total_s = 0.0;
    for (size_t i = 0; i < l.arrived; i++) total_s += l.latency_s[i] < 0 ? 0.0 : l.latency_s[i];
    printf("{\"requests\": %zu, \"seconds\": %.9f, \"mean_latency_s\": %.9f, \"utilisation\": %.6f}\n", l.completed, took_s,
           l.completed ? total_s / (double)l.completed : 0.0, l.busy_s / (l.seconds * l.stages * l.replicas));
    return 0;
}
