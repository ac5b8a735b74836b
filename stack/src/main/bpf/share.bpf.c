/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP of the addresses and ports that the stack has goes to its AF_XDP sockets, everything else to the kernel, as if nothing were attached.
 * Packet pointers get constant offsets only: the verifier wants CAP_PERFMON beside CAP_BPF for others.
 *
 * ShareProgramTest compiles this by
 *     clang-14 -O2 -target bpf -mcpu=v1 -c share.bpf.c -o share.o
 * and compares it with src/main/resources/org/mtcp4j/nic/xdp/share.hex, which it writes with -Dmtcp.bpf.update=true.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(n) __attribute__((section(n), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define INLINE static inline __attribute__((always_inline))
#define DROP 1
#define PASS 2
#define BE16(x) __builtin_bswap16(x)

struct xdp_md { u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex; };
struct addr { u64 hi, lo; };
struct frag { u64 shi, slo; u32 id, pad; };

/* XSKMAP 17, ARRAY 2 (mmapable), HASH 1, LRU_HASH 9 */
struct { __uint(type, 17); __uint(max_entries, 64); __type(key, u32); __type(value, u32); } xsks_map SEC(".maps");
/* A bit for each port, 1,024 words for each address. */
struct { __uint(type, 2); __uint(max_entries, 32 * 1024); __uint(map_flags, 1u << 10); __type(key, u32); __type(value, u64); } ports SEC(".maps");
/* Addresses of the interface; the value is the place of the address in "ports". */
struct { __uint(type, 1); __uint(max_entries, 32); __type(key, struct addr); __type(value, u32); } own SEC(".maps");
/* Datagrams whose first fragment was ours, and when it came: the number may be another datagram's by now, as it has 16 bits in IPv4. */
struct { __uint(type, 9); __uint(max_entries, 1024); __type(key, struct frag); __type(value, u64); } frags SEC(".maps");
/* As long as the stack waits for the rest of an IPv6 packet (RFC 8200 4.5), which is longer than for IPv4. */
#define FRAGMENTS_NS 60000000000ull

static void *(*lookup)(void *, const void *) = (void *) 1;
static long (*update)(void *, const void *, const void *, u64) = (void *) 2;
static long (*delete)(void *, const void *) = (void *) 3;
static u64 (*now_ns)(void) = (void *) 5;
static long (*redirect_map)(void *, u64, u64) = (void *) 51;

INLINE int ours(struct addr *dst, u16 port_be)
{
    u32 *place = lookup(&own, dst);
    if (!place) return 0;
    u32 port = BE16(port_be), word = *place << 10 | port >> 6;
    u64 *bits = lookup(&ports, &word);
    return bits && (*bits >> (port & 63) & 1);
}

#define PORT_AT(o) do { if (p + (o) + 2 > end) return PASS; port = *(u16 *) (p + (o)); asm volatile("" : "+r"(port)); } while (0)

SEC("xdp") int share(struct xdp_md *ctx)
{
    u8 *p = (u8 *) (long) ctx->data, *end = (u8 *) (long) ctx->data_end;
    struct addr dst;
    struct frag f = {};
    u32 fragment = 0, port = 0;
    if (p + 14 + 20 > end) return PASS;
    u16 type = *(u16 *) (p + 12);
    if (type == BE16(0x0800)) {
        dst.hi = 0;
        dst.lo = 0xffff0000ull | (u64) *(u32 *) (p + 30) << 32;   /* v4-mapped, as the bytes stand */
        f.slo = *(u32 *) (p + 26);
        f.id = *(u16 *) (p + 18);
        fragment = *(u16 *) (p + 20) & BE16(0x3fff);
        if (fragment && !(fragment & BE16(0x1fff))) fragment = 1u << 31;    /* the first one */
        if (p[23] == 6 && !(fragment && !(fragment >> 31))) {
            switch (p[14]) {
            case 0x45: PORT_AT(36); break;
            case 0x46: PORT_AT(40); break;
            case 0x47: PORT_AT(44); break;
            case 0x48: PORT_AT(48); break;
            case 0x49: PORT_AT(52); break;
            case 0x4a: PORT_AT(56); break;
            case 0x4b: PORT_AT(60); break;
            case 0x4c: PORT_AT(64); break;
            case 0x4d: PORT_AT(68); break;
            case 0x4e: PORT_AT(72); break;
            case 0x4f: PORT_AT(76); break;
            default: return PASS;
            }
        } else if (p[23] == 1) {
            /* an error about a packet that we sent, which never has IP options: the quoted source port is ours */
            if (fragment || p[14] != 0x45 || p + 34 + 8 + 22 > end || p[42] != 0x45 || p[42 + 9] != 6) return PASS;
            if (p[34] != 3 && p[34] != 11 && p[34] != 12) return PASS;
            PORT_AT(34 + 8 + 20);
        } else if (p[23] != 6) return PASS;
    } else if (type == BE16(0x86dd)) {
        if (p + 14 + 40 + 8 > end) return PASS;
        dst.hi = *(u64 *) (p + 38);
        dst.lo = *(u64 *) (p + 46);
        if (p[20] == 6) PORT_AT(56);
        else if (p[20] == 44 && p[54] == 6) {
            fragment = *(u16 *) (p + 56) & BE16(0xfff9);
            f.shi = *(u64 *) (p + 22);
            f.slo = *(u64 *) (p + 30);
            f.id = *(u32 *) (p + 58);
            if (fragment && !(fragment & BE16(0xfff8))) fragment = 1u << 31;
            PORT_AT(64);
        } else if (p[20] == 58) {
            if (p + 54 + 8 + 42 > end || p[54] < 1 || p[54] > 4 || p[54 + 8 + 6] != 6) return PASS;
            PORT_AT(54 + 8 + 40);
        } else return PASS;
    } else return PASS;
    if (fragment && !(fragment >> 31)) {
        u64 *came = lookup(&frags, &f);
        if (!came || now_ns() - *came > FRAGMENTS_NS) return PASS;
    } else if (!ours(&dst, port)) {
        if (fragment) delete(&frags, &f);
        return PASS;
    } else if (fragment) {
        u64 now = now_ns();
        update(&frags, &f, &now, 0);
    }
    /* Never to the kernel, which would reset what it does not know. */
    return redirect_map(&xsks_map, ctx->rx_queue_index, DROP);
}
char _license[] SEC("license") = "Apache-2.0";
