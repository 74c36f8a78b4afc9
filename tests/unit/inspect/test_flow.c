/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * flow - both directions are one, the silent one goes, and a long comparison with a simple model.
 */
#include "inspect/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SECOND = 1000 };

static const struct hash_key key = {1, 2};

struct gone {
    uint16_t ports[64]; /* of the ended, the first of the key */
    unsigned count, evicted;
};

static void on_end(void *owner, struct flow *flow, bool evicted)
{
    struct gone *gone = owner;
    gone->ports[gone->count++ % 64] = flow->key.port[0];
    gone->evicted += evicted;
}

static struct segment segment(const char *source, unsigned source_port, const char *destination,
                              unsigned destination_port, unsigned transport)
{
    struct segment s = {.source_port = (uint16_t)source_port,
                        .destination_port = (uint16_t)destination_port,
                        .transport = (uint8_t)transport};
    assert_int_equal(address_parse(source, &s.source), STATUS_OK);
    assert_int_equal(address_parse(destination, &s.destination), STATUS_OK);
    return s;
}

static struct segment numbered(unsigned port, unsigned transport)
{
    return segment("10.0.0.1", port, "192.0.2.7", 443, transport);
}

static struct segment turned(struct segment s)
{
    struct segment t = s;
    t.source = s.destination, t.destination = s.source;
    t.source_port = s.destination_port, t.destination_port = s.source_port;
    return t;
}

static void both_directions_are_one(void **state)
{
    struct segment all[] = {
        segment("10.0.0.1", 4000, "192.0.2.7", 443, IP_TCP),
        segment("192.0.2.7", 4000, "10.0.0.1", 443, IP_TCP),
        segment("10.0.0.1", 4000, "192.0.2.7", 443, IP_UDP),
        segment("10.0.0.1", 4000, "192.0.2.8", 443, IP_TCP),
        segment("10.0.0.1", 4001, "192.0.2.7", 443, IP_TCP),
        segment("10.0.0.1", 443, "10.0.0.1", 4000, IP_TCP), /* with itself */
        segment("2001:db8::1", 443, "2001:db8::2", 4000, IP_TCP),
        segment("2001:db8::2", 443, "2001:db8::1", 4000, IP_TCP),
        segment("2001:db9::1", 443, "2001:db8::2", 4000, IP_TCP), /* differs in the upper half */
        segment("10.0.0.1", 443, "2001:db8::2", 4000, IP_TCP),
        segment("10.0.0.1", 4000, "192.0.2.7", 443, IP_TCP),
        segment("10.0.0.1", 4000, "192.0.2.7", 443, IP_TCP),
    };
    all[10].vlan = 7;
    all[11].vlan = 7 << 12 | 7;
    struct gone gone = {0};
    struct flows *flows = flows_new(20, &key, on_end, &gone);
    struct flow *made[COUNT_OF(all)];
    for (unsigned i = 0; i < COUNT_OF(all); i++) {
        bool is_new;
        unsigned from, back;
        struct segment reverse = turned(all[i]);
        made[i] = flows_find(flows, &all[i], 5 * SECOND, &is_new, &from);
        assert_true(is_new);
        assert_true(address_equal(&made[i]->key.address[from], &all[i].source));
        assert_int_equal(made[i]->key.port[from], all[i].source_port);
        assert_true(memcmp(&made[i]->key.address[0], &made[i]->key.address[1], 16) <= 0);
        assert_ptr_equal(flows_find(flows, &reverse, 6 * SECOND, &is_new, &back), made[i]);
        assert_false(is_new);
        assert_int_equal(back, !from);
        assert_int_equal(made[i]->since, 5 * SECOND);
        assert_int_equal(made[i]->last, 6);
        for (unsigned k = 0; k < i; k++)
            assert_ptr_not_equal(made[i], made[k]);
    }
    assert_int_equal(flows_count(flows), COUNT_OF(all));
    flows_free(flows);
    assert_int_equal(gone.count, COUNT_OF(all));
    assert_int_equal(gone.evicted, 0);
}

static void a_flow_to_its_own_port(void **state)
{
    struct gone gone = {0};
    struct flows *flows = flows_new(4, &key, on_end, &gone);
    struct segment s = segment("10.0.0.1", 53, "10.0.0.1", 53, IP_UDP);
    bool is_new;
    unsigned from;
    struct flow *flow = flows_find(flows, &s, 0, &is_new, &from);
    assert_true(is_new && from == 0);
    assert_ptr_equal(flows_find(flows, &s, 0, &is_new, &from), flow);
    assert_true(!is_new && from == 0);
    flows_free(flows);
}

static struct flow *find(struct flows *flows, unsigned port, unsigned transport, unsigned second,
                         bool expected_new)
{
    struct segment s = numbered(port, transport);
    bool is_new;
    unsigned from;
    struct flow *flow = flows_find(flows, &s, second * SECOND + 999, &is_new, &from);
    assert_int_equal(is_new, expected_new);
    assert_int_equal(from, 0);
    assert_int_equal(flow->last, second);
    return flow;
}

static void the_silent_one_goes(void **state)
{
    struct gone gone = {0};
    struct flows *flows = flows_new(3, &key, on_end, &gone);
    find(flows, 1, IP_TCP, 10, true)->marks = 7;
    find(flows, 2, IP_UDP, 11, true);
    find(flows, 3, IP_TCP, 12, true);
    find(flows, 1, IP_TCP, 13, false);
    find(flows, 4, IP_UDP, 14, true); /* 2 goes */
    find(flows, 5, IP_UDP, 15, true); /* 3 goes */
    assert_int_equal(find(flows, 1, IP_TCP, 15, false)->marks, 7);
    find(flows, 6, IP_TCP, 16, true); /* 4 goes */
    assert_int_equal(gone.count, 3);
    assert_int_equal(gone.evicted, 3);
    assert_int_equal(flows_evicted(flows), 3);
    assert_memory_equal(gone.ports, ((uint16_t[]){2, 3, 4}), 6);
    struct flow *flow = find(flows, 1, IP_TCP, 16, false);
    flows_end(flows, flow);
    assert_int_equal(gone.ports[3], 1);
    assert_int_equal(gone.evicted, 3);
    assert_int_equal(flows_count(flows), 2);
    static const struct flow zero;
    flow = find(flows, 1, IP_TCP, 17, true); /* a new one in a used place */
    assert_int_equal(flow->since, 17 * SECOND + 999);
    assert_memory_equal((uint8_t *)flow + 64, (const uint8_t *)&zero + 64, sizeof zero - 64);
    assert_int_equal(flows_evicted(flows), 3);
    flows_free(flows);
    assert_int_equal(gone.count, 7);
}

static void silence_ends_a_flow(void **state)
{
    struct gone gone = {0};
    struct flows *flows = flows_new(100, &key, on_end, &gone);
    for (unsigned i = 0; i < 10; i++)
        find(flows, 100 + i, IP_TCP, 10 + i, true), find(flows, 200 + i, IP_UDP, 10 + i, true);
    assert_int_equal(flows_expire(flows, 20 * SECOND, 60, 10, 99), 0); /* not longer than 10 */
    assert_int_equal(flows_expire(flows, 21 * SECOND, 60, 10, 99), 1);
    assert_int_equal(gone.ports[0], 200);
    find(flows, 201, IP_UDP, 22, false); /* speaks */
    assert_int_equal(flows_expire(flows, 25 * SECOND, 60, 10, 2), 2);
    assert_int_equal(flows_expire(flows, 25 * SECOND, 60, 10, 99), 1);
    assert_int_equal(flows_expire(flows, 90 * SECOND, 60, 10, 8), 8); /* both have their turn */
    assert_int_equal(flows_count(flows), 8);
    assert_int_equal(flows_expire(flows, 90 * SECOND, 60, 10, 99), 8);
    assert_int_equal(flows_count(flows), 0);
    assert_int_equal(flows_expire(flows, 90 * SECOND, 60, 10, 99), 0);
    assert_int_equal(gone.evicted, 0);
    flows_free(flows);
}

static void a_clock_that_goes_back(void **state)
{
    struct gone gone = {0};
    struct flows *flows = flows_new(10, &key, on_end, &gone);
    find(flows, 1, IP_TCP, 1000000, true); /* a wrong time in a capture */
    find(flows, 2, IP_TCP, 10, true);
    find(flows, 3, IP_TCP, 11, true);
    assert_int_equal(flows_expire(flows, 12 * SECOND, 5, 5, 99), 0);
    assert_int_equal(flows_expire(flows, 17 * SECOND, 5, 5, 99), 2);
    assert_int_equal(flows_expire(flows, 18 * SECOND, 5, 5, 99), 1);
    flows_free(flows);
}

/* The model: `last` of each port, 0 when there is none. */
static void like_the_model(void **state)
{
    enum { MOST = 60, PORTS = 200 };
    unsigned last[PORTS] = {0}, count = 0;
    struct gone gone = {0};
    struct flows *flows = flows_new(MOST, &key, on_end, &gone);
    srand(1);
    for (unsigned step = 0; step < 200000; step++) {
        unsigned second = 1 + step / 7, port = (unsigned)rand() % PORTS, seen = gone.count;
        unsigned transport = port % 3 == 0 ? IP_UDP : IP_TCP, oldest = second;
        for (unsigned i = 0; i < PORTS; i++)
            if (last[i] != 0 && last[i] < oldest)
                oldest = last[i];
        struct flow *flow = find(flows, port, transport, second, last[port] == 0);
        assert_int_equal(gone.count - seen, last[port] == 0 && count == MOST);
        count += last[port] == 0 && gone.count == seen;
        if (gone.count > seen) { /* the oldest, or one of those */
            unsigned victim = gone.ports[seen % 64];
            assert_int_equal(last[victim], oldest);
            last[victim] = 0;
        }
        last[port] = second;
        if (rand() % 8 == 0) {
            flows_end(flows, flow);
            last[port] = 0;
            count--;
        }
        assert_int_equal(flows_count(flows), count);
    }
    assert_int_equal(flows_evicted(flows), gone.evicted);
    flows_free(flows);
}

static void limits(void **state)
{
    struct gone gone = {0};
    assert_null(flows_new(0, &key, on_end, &gone));
    assert_null(flows_new(UINT32_MAX, &key, on_end, &gone));
    assert_true(flows_bytes_each() <= 512 && flows_bytes_each() >= sizeof(struct flow));
    flows_free(NULL);
    struct flows *flows = flows_new(1, &key, on_end, &gone);
    for (unsigned port = 1; port < 50; port++)
        find(flows, port, port % 2 == 0 ? IP_UDP : IP_TCP, port, true);
    assert_int_equal(flows_count(flows), 1);
    assert_int_equal(flows_evicted(flows), 48);
    flows_free(flows);
    assert_int_equal(gone.count, 49);
    flows = flows_new(10000000, &key, on_end, &gone); /* becomes real when used */
    assert_non_null(flows);
    find(flows, 1, IP_TCP, 1, true);
    flows_free(flows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_directions_are_one),
        cmocka_unit_test(a_flow_to_its_own_port),
        cmocka_unit_test(the_silent_one_goes),
        cmocka_unit_test(silence_ends_a_flow),
        cmocka_unit_test(a_clock_that_goes_back),
        cmocka_unit_test(like_the_model),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests_name("inspect/flow", tests, NULL, NULL);
}
