#version 460
// attention: y = softmax(scale * q k^T) v with an online softmax; lanes are queries. For head dimensions up to 80.
//
// Every invocation owns a query: its scaled q row, its output row and its running maximum and sum live in registers, so
// maxima, exponentials and sums need no exchange between lanes. Push data and indices: common/attention.glsl.
// Constants: 0 workgroup size, 1 HEAD_DIM, 2 BROADCAST.
//   BROADCAST 1, where the matrix core gathers (CPU drivers): one subgroup per workgroup; a row of k or v is gathered along the lanes and read back by
//                subgroupBroadcast, which costs far less there than a load that cannot be proven uniform. Keys come in
//                blocks of KEYS.
//   BROADCAST 0, GPUs: tiles of TILE keys in shared memory, which all queries of the workgroup read.
// Ladder: v1 blocks of 8 keys in both. v2 tiles key by key: an eighth of the code, which took a CPU driver's compiler
//         minutes, and no scores to mask.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_ballot : require
#include "common/types.glsl"

#define KEYS 8
#define TILE 16

layout(constant_id = 1) const uint HEAD_DIM = 64;
layout(constant_id = 2) const uint BROADCAST = 0;

#include "common/attention.glsl"

// Lanes of one gathered row segment; rows are padded to whole segments (with zeros in q, so that the rest does not count).
const uint LANES = BROADCAST != 0 ? WORKGROUP_SIZE : 4;
const uint SEGMENTS = (HEAD_DIM + LANES - 1) / LANES;
const uint QUADS = SEGMENTS * LANES / 4;
const uint TILE_QUADS = BROADCAST != 0 ? 1 : TILE * QUADS;

shared vec4 k_tile[TILE_QUADS];
shared vec4 v_tile[TILE_QUADS];

vec4 query[QUADS];
vec4 sums[QUADS];
float scores[KEYS];
float largest;
float total;

void load_query(uint64_t address)
{
    [[unroll]] for (uint quad = 0; quad < QUADS; quad++)
    {
        [[unroll]] for (uint i = 0; i < 4; i++)
        {
            uint d = 4 * quad + i;
            query[quad][i] = d < HEAD_DIM ? load(address, min(d, HEAD_DIM - 1)) * (scale * LOG2_E) : 0.0;
        }
        sums[quad] = vec4(0.0);
    }
    largest = HIDDEN;
    total = 0.0;
}

void store_sums(uint64_t address)
{
    float factor = 1.0 / total;
    [[unroll]] for (uint quad = 0; quad < QUADS; quad++)
    {
        [[unroll]] for (uint i = 0; i < 4; i++)
        {
            if (4 * quad + i < HEAD_DIM) store(address, 4 * quad + i, sums[quad][i] * factor);
        }
    }
}

// Hides the keys that this query does not see, turns scores into weights, and rescales what was summed before.
void softmax_step(uint first_key, uint seen)
{
    float now = largest;
    [[unroll]] for (uint j = 0; j < KEYS; j++)
    {
        scores[j] = first_key + j < seen ? scores[j] : HIDDEN;
        now = max(now, scores[j]);
    }
    float rescale = exp2(largest - now);
    largest = now;
    total *= rescale;
    [[unroll]] for (uint j = 0; j < KEYS; j++)
    {
        scores[j] = exp2(scores[j] - now);
        total += scores[j];
    }
    [[unroll]] for (uint quad = 0; quad < QUADS; quad++) sums[quad] *= rescale;
}

// One block of keys whose rows start at k_row and v_row.
void broadcast_step(uint64_t k_row, uint64_t v_row, uint first_key, uint seen)
{
    uint64_t k_step = uint64_t(kv_token) * k_row_stride * STORAGE_BYTES;
    uint64_t v_step = uint64_t(kv_token) * v_row_stride * STORAGE_BYTES;
    [[unroll]] for (uint j = 0; j < KEYS; j++)
    {
        uint64_t address = k_row + min(first_key + j, keys - 1) * k_step;
        float score = 0.0;
        [[unroll]] for (uint segment = 0; segment < SEGMENTS; segment++)
        {
            float row = load(address, min(segment * LANES + gl_SubgroupInvocationID, HEAD_DIM - 1));
            [[unroll]] for (uint lane = 0; lane < LANES; lane++)
            {
                uint d = segment * LANES + lane;
                score += query[d / 4][d % 4] * subgroupBroadcast(row, lane);
            }
        }
        scores[j] = score;
    }
    softmax_step(first_key, seen);
    [[unroll]] for (uint j = 0; j < KEYS; j++)
    {
        uint64_t address = v_row + min(first_key + j, keys - 1) * v_step;
        [[unroll]] for (uint segment = 0; segment < SEGMENTS; segment++)
        {
            float row = load(address, min(segment * LANES + gl_SubgroupInvocationID, HEAD_DIM - 1));
            [[unroll]] for (uint lane = 0; lane < LANES; lane++)
            {
                uint d = segment * LANES + lane;
                sums[d / 4][d % 4] += scores[j] * subgroupBroadcast(row, lane);
            }
        }
    }
}

vec4 load_quad(uint64_t address, uint quad)
{
    uint d = 4 * quad, last = HEAD_DIM - 1;
    return vec4(load(address, d), load(address, min(d + 1, last)), load(address, min(d + 2, last)), load(address, min(d + 3, last)));
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
void tile_step(uint first_key, uint rows, uint seen)
{
    uint row = 0;
    do
    {
        vec4 products = vec4(0.0);
        [[unroll]] for (uint quad = 0; quad < QUADS; quad++) products += query[quad] * k_tile[row * QUADS + quad];
        float score = (products.x + products.y) + (products.z + products.w);
        if (first_key + row < seen)
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
            [[unroll]] for (uint quad = 0; quad < QUADS; quad++) sums[quad] += weight * v_tile[row * QUADS + quad];
        }
        row++;
    } while (row < rows);
}

void main()
{
    if (problem_index() >= count) return;
    Problem problem = problem_of(problem_index());
    uint first = problem.block * WORKGROUP_SIZE;
    uint own = first + gl_LocalInvocationID.x;
    uint token = min(own, queries - 1); // lanes past the end work along and store nothing
    uint seen = causal != 0 ? token + 1 : keys;
    uint end = causal != 0 ? min(keys, first + WORKGROUP_SIZE) : keys;
    uint64_t row = problem.q_row + uint64_t(token) * q_token;
    uint64_t k_row = head_address(k, problem.kv_row, k_row_stride, problem.head);
    uint64_t v_row = head_address(v, problem.kv_row, v_row_stride, problem.head);
    load_query(head_address(q, row, q_row_stride, problem.head));

    uint key = 0;
    if (BROADCAST != 0)
    {
        do
        {
            broadcast_step(k_row, v_row, key, seen);
            key += KEYS;
        } while (key < end);
    }
    else
    {
        do
        {
            barrier();
            load_tiles(k_row, v_row, key);
            barrier();
            tile_step(key, min(TILE, end - key), seen);
            key += TILE;
        } while (key < end);
    }

    if (own < queries) store_sums(head_address(y, row, heads * HEAD_DIM, problem.head));
}
