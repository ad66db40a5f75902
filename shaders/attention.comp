#version 460
// attention: y = softmax(scale * q k^T) v with an online softmax; lanes are queries. For head dimensions up to 80.
//
// Push data and indices: common/attention.glsl. Constants: 0 workgroup size, 1 HEAD_DIM, 2 METHOD, 3 QUERIES (per lane),
// 4 SCALAR_LOADS (rows do not start at multiples of 8 bytes), 5 SUMS_IN_MEMORY (METHOD 1 and 2: the processor has few registers),
// 6 TOUCHES (METHOD 1 and 2: few keys).
//   METHOD 0, GPUs: a query per invocation; tiles of TILE keys in shared memory, which all queries of the workgroup read.
//   METHOD 1 and 2, CPU drivers: common/attention_lanes.glsl.
// Ladder (one core, processor time, fp32, slices of a fused buffer, GFLOP/s):
//   Mesa 25.0.7, 8 lanes         2560x5 heads  640x10  160x20  16 frames  26 frames  77 keys  compiled in
//   v1 rows gathered 32 bits a lane, 8 keys, dimension innermost
//                                        13.4    16.0    14.1        5.1        5.3     14.6      390 ms
//   v2 64 bits, 4 keys within each dimension     28                                               133 ms
//   v3 and 2 queries per lane            40.4    42.3    38.6       12.6       14.1     33.6      210 ms
//   v3 at 16 lanes                       59.6    64.2    46.9        8.7       13.5     45.5      209 ms
//   2 queries with 2, 3, 8 keys: 33, 37, 28 at 143, 176, 546 ms; 4 queries with 2 keys: 42 at 283 ms.
//   Mesa 26.2, 640x10: v3 44; v4 uniform loads 66 (4 keys), 75 (8 keys); at 16 lanes 85.
//   v5 leaves speed as it is on AVX-512 and doubles what compiling takes, so it is for few registers only; there 8 keys have 62 GFLOP/s after
//   300 ms of compiling, 4 keys 58 after 130, but of 16 frames 16 and 13. On 25.0.7 2 queries have 27 after 440 ms, one 18 after 300.
//   v6 cut behind every second lane's dimensions: AVX-512 26.2 64 to 75 GFLOP/s, 25.0.7 as before, compiled in 280 for 340 and 360 for 510 ms.
//   The same on AVX2, 16 registers: v4 17; one query a lane (Attention.QueriesPerLane) 22; v5 sums kept in memory 29 (25.0.7: 13, now 16).
//   v7 the first value of each line of memory before the others, so that misses overlap, and q and y by 64 bits on Mesa 26.2, too: 16 frames on
//   Zen 5 26.2 62 to 37 ms (52 by the 64 bits alone), 25.0.7 66 to 59; 2560 pixels as before.
//   v8 with few keys all lines are touched first, 16 lanes store 8 rows at a time: 16 frames at 16 lanes 53 to 28 ms (y's lines 9 of it, 8 rows 12), at
//   8 lanes 38 to 31. 2560 pixels at 16 lanes 62 ms, 8 lanes 110 (136 and 76 GFLOP/s), compiled in 280 ms: a third in the scores, half in the sums.
//   One query a lane and 16 keys: 83 ms; scores in memory between two products: 150.
//   v9 the same where rows are gathered, a lane touching the lines of a key of its own: 25.0.7, 16 frames, 8 lanes 63 to 44 ms, 16 lanes 97 to 45.
//   2560 pixels on Zen 5: 8 lanes 271, 16 lanes 167 ms, compiled in about as long; with one query a lane 382.
//   GPUs: v1 blocks of 8 keys; v2 key by key: an eighth of the code, no scores to mask; v3 tiles filled 64 bits at a time; not kept:
//   two invocations to a query, each with half of its dimensions: 128 VGPRs and 8 waves where v3 has 192 and 5, but of RADV's
//   inverse throughput for 64 queries a head of 64 took 10526 on rembrandt where v3 takes 8168.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_ballot : require
#include "common/types.glsl"
#include "common/wide.glsl"

#define METHOD_TILED 0
#define METHOD_BROADCAST 1
#define METHOD_UNIFORM 2
#define TILE 16

layout(constant_id = 1) const uint HEAD_DIM = 64;
layout(constant_id = 2) const uint METHOD = METHOD_TILED;
layout(constant_id = 3) const uint QUERIES = 1;
layout(constant_id = 4) const bool SCALAR_LOADS = false;
layout(constant_id = 5) const bool SUMS_IN_MEMORY = false;
layout(constant_id = 6) const bool TOUCHES = false;

#include "common/attention.glsl"
#define LANES WORKGROUP_SIZE
#define MERGED (METHOD == METHOD_UNIFORM)
#include "common/load_vector.glsl"
#include "common/attention_lanes.glsl"

const uint QUADS = METHOD == METHOD_TILED ? (HEAD_DIM + 3) / 4 : 1;
const uint TILE_QUADS = METHOD == METHOD_TILED ? TILE * QUADS : 1;

shared vec4 k_tile[TILE_QUADS];
shared vec4 v_tile[TILE_QUADS];

vec4 query[QUADS];
vec4 sums[QUADS];

// Four dimensions of a row; behind the row's end any of its values.
vec4 load_quad(uint64_t row, uint quad)
{
    uint d = 4 * quad, last = HEAD_DIM - 1;
    if (!SCALAR_LOADS && HEAD_DIM % 4 == 0)
    {
        uint64_t address = row + d * STORAGE_BYTES;
        return WIDE == 4 ? load_wide(address) : vec4(load_wide(address).xy, load_wide(address + 8).xy);
    }
    return vec4(load(row, d), load(row, min(d + 1, last)), load(row, min(d + 2, last)), load(row, min(d + 3, last)));
}

void load_query(uint64_t row)
{
    [[unroll]] for (uint quad = 0; quad < QUADS; quad++)
    {
        bvec4 inside = lessThan(4 * quad + uvec4(0, 1, 2, 3), uvec4(HEAD_DIM));
        query[quad] = mix(vec4(0.0), load_quad(row, quad) * (scale * LOG2_E), inside);
        sums[quad] = vec4(0.0);
    }
}

void store_sums(uint64_t row, float factor)
{
    [[unroll]] for (uint quad = 0; quad < QUADS; quad++)
    {
        [[unroll]] for (uint i = 0; i < 4; i++)
        {
            if (4 * quad + i < HEAD_DIM) store(row, 4 * quad + i, sums[quad][i] * factor);
        }
    }
}

void load_tiles(uint64_t k_row, uint64_t v_row, uint first_key)
{
    for (uint i = gl_LocalInvocationID.x; i < TILE * QUADS; i += WORKGROUP_SIZE)
    {
        uint64_t token = uint64_t(min(first_key + i / QUADS, keys - 1)) * kv_token;
        k_tile[i] = load_quad(k_row + token * k_row_stride * STORAGE_BYTES, i % QUADS);
        v_tile[i] = load_quad(v_row + token * v_row_stride * STORAGE_BYTES, i % QUADS);
    }
}

// The keys of the tile one after the other. A new maximum is rare after the first keys, so sums are rescaled only then.
void tile_step(uint first_key, uint rows, uint seen, inout float largest, inout float total)
{
    uint row = 0;
    do
    {
        vec4 products = vec4(0.0);
        [[unroll]] for (uint quad = 0; quad < QUADS; quad++) products += query[quad] * k_tile[row * QUADS + quad];
        float score = (products.x + products.y) + (products.z + products.w);
        if (first_key + row < seen || causal == MASK_AFTER)
        {
            if (score > largest)
            {
                float rescale = exp2(largest - score);
                largest = score;
                total *= rescale;
                [[unroll]] for (uint quad = 0; quad < QUADS; quad++) sums[quad] *= rescale;
            }
            float weight = exp2(score - largest);
            total += weight;
            weight = first_key + row < seen ? weight : 0.0;
            [[unroll]] for (uint quad = 0; quad < QUADS; quad++) sums[quad] += weight * v_tile[row * QUADS + quad];
        }
        row++;
    } while (row < rows);
}

void attend_in_tiles(Problem problem)
{
    uint first = problem.block * WORKGROUP_SIZE;
    uint own = first + gl_LocalInvocationID.x;
    uint token = min(own, queries - 1); // invocations past the end work along and store nothing
    uint seen = causal != 0 ? token + 1 : keys;
    uint end = causal == MASK_BEFORE ? min(keys, first + WORKGROUP_SIZE) : keys;
    uint64_t row = problem.q_row + uint64_t(token) * q_token;
    uint64_t k_row = head_address(k, problem.kv_row, k_row_stride, problem.head);
    uint64_t v_row = head_address(v, problem.kv_row, v_row_stride, problem.head);
    load_query(head_address(q, row, q_row_stride, problem.head));

    float largest = HIDDEN, total = 0.0;
    uint key = 0;
    do
    {
        barrier();
        load_tiles(k_row, v_row, key);
        barrier();
        tile_step(key, min(TILE, end - key), seen, largest, total);
        key += TILE;
    } while (key < end);

    if (own < queries) store_sums(head_address(y, row, heads * HEAD_DIM, problem.head), 1.0 / total);
}

void main()
{
    if (problem_index() >= count) return;
    Problem problem = problem_of(problem_index());
    if (METHOD == METHOD_TILED) attend_in_tiles(problem);
    else attend_in_lanes(problem);
}
