#version 460
// attention_wide: y = softmax(scale * q k^T) v with an online softmax; lanes are dimensions. For head dimensions over 80.
//
// A workgroup has QUERIES queries, side by side in a vec4; each invocation holds every WORKGROUP_SIZE-th piece of WIDE dimensions
// of their q and output rows. A key costs one sum over the workgroup. Push data and indices: common/attention.glsl.
// Constants: 0 workgroup size, 1 HEAD_DIM, 2 SCALAR_LOADS (rows do not start at multiples of 8 bytes).
// Ladder (Mesa 25.0.7, 8 lanes, one core, one head of 512, 640 tokens, fp32): v1 four queries per workgroup, 8.7 GFLOP/s,
//         compiled in 1.9 s; v2 64 bits per load at constants behind one address, 9.6 GFLOP/s, 1.0 s.
#include "common/types.glsl"
#include "common/wide.glsl"
#define REDUCE_TYPE vec4
#include "common/reduce.glsl"

#define QUERIES 4

layout(constant_id = 1) const uint HEAD_DIM = 512;
layout(constant_id = 2) const bool SCALAR_LOADS = false;

#include "common/attention.glsl"

// Pieces of WIDE dimensions per invocation. In steps: drivers unroll loops of up to 32 turns, and 512 dimensions over 8 lanes are more.
const uint PIECES = (HEAD_DIM + WIDE * WORKGROUP_SIZE - 1) / (WIDE * WORKGROUP_SIZE);
const uint STEP = PIECES > 16 ? 4 : 1;
const uint STEPS = (PIECES + STEP - 1) / STEP;
const uint HELD = STEPS * STEP * WIDE;
// Every piece is whole: no address to clamp, so that all of a row are constants behind one.
const bool WHOLE = HEAD_DIM == HELD * WORKGROUP_SIZE;

vec4 query[HELD];
vec4 sums[HELD];

uint dimension(uint piece) { return (piece * WORKGROUP_SIZE + gl_LocalInvocationID.x) * WIDE; }

// The invocation's first piece of a row.
uint64_t own_address(uint64_t row) { return row + (WHOLE ? gl_LocalInvocationID.x * 8 : 0); }

// A piece of a row whose own_address is `own`; behind the row's end any of its values.
vec4 load_piece(uint64_t own, uint piece)
{
    if (WHOLE && !SCALAR_LOADS) return load_wide(own + piece * WORKGROUP_SIZE * 8);
    uint d = WHOLE ? piece * WORKGROUP_SIZE * WIDE : dimension(piece);
    uint last = WHOLE ? d + WIDE - 1 : HEAD_DIM - 1;
    vec4 values = vec4(0.0);
    [[unroll]] for (uint e = 0; e < WIDE; e++) values[e] = load(own, min(d + e, last));
    return values;
}

void load_queries(Problem problem, uint first)
{
    [[unroll]] for (uint j = 0; j < QUERIES; j++)
    {
        uint token = min(first + j, queries - 1);
        uint64_t own = own_address(head_address(q, problem.q_row + uint64_t(token) * q_token, q_row_stride, problem.head));
        [[unroll]] for (uint step_index = 0; step_index < STEPS; step_index++)
        {
            [[unroll]] for (uint within = 0; within < STEP; within++)
            {
                uint piece = step_index * STEP + within;
                vec4 values = load_piece(own, piece) * (scale * LOG2_E);
                [[unroll]] for (uint e = 0; e < WIDE; e++)
                {
                    query[piece * WIDE + e][j] = dimension(piece) + e < HEAD_DIM ? values[e] : 0.0;
                    sums[piece * WIDE + e][j] = 0.0;
                }
            }
        }
    }
}

void store_sums(Problem problem, uint first, vec4 factor)
{
    [[unroll]] for (uint j = 0; j < QUERIES; j++)
    {
        if (first + j < queries)
        {
            uint64_t row = problem.q_row + uint64_t(first + j) * q_token;
            uint64_t address = head_address(y, row, heads * HEAD_DIM, problem.head);
            [[unroll]] for (uint step_index = 0; step_index < STEPS; step_index++)
            {
                [[unroll]] for (uint within = 0; within < STEP; within++)
                {
                    uint piece = step_index * STEP + within;
                    vec4 values = vec4(0.0);
                    [[unroll]] for (uint e = 0; e < WIDE; e++) values[e] = sums[piece * WIDE + e][j] * factor[j];
                    if (WHOLE && !SCALAR_LOADS) store_wide(own_address(address) + piece * WORKGROUP_SIZE * 8, values);
                    [[unroll]] for (uint e = 0; e < WIDE; e++)
                    {
                        if (!(WHOLE && !SCALAR_LOADS) && dimension(piece) + e < HEAD_DIM) store(address, dimension(piece) + e, values[e]);
                    }
                }
            }
        }
    }
}

vec4 score(uint64_t k_own)
{
    vec4 partial = vec4(0.0);
    [[unroll]] for (uint step_index = 0; step_index < STEPS; step_index++)
    {
        [[unroll]] for (uint within = 0; within < STEP; within++)
        {
            uint piece = step_index * STEP + within;
            vec4 values = load_piece(k_own, piece);
            [[unroll]] for (uint e = 0; e < WIDE; e++) partial += query[piece * WIDE + e] * values[e];
        }
    }
    return workgroup_sum(partial);
}

void accumulate(uint64_t v_own, vec4 rescale, vec4 factor)
{
    [[unroll]] for (uint step_index = 0; step_index < STEPS; step_index++)
    {
        [[unroll]] for (uint within = 0; within < STEP; within++)
        {
            uint piece = step_index * STEP + within;
            vec4 values = load_piece(v_own, piece);
            [[unroll]] for (uint e = 0; e < WIDE; e++) sums[piece * WIDE + e] = sums[piece * WIDE + e] * rescale + factor * values[e];
        }
    }
}

void main()
{
    if (problem_index() >= count) return;
    Problem problem = problem_of(problem_index());
    uint first = problem.block * QUERIES;
    uint end = causal == MASK_BEFORE ? min(keys, first + QUERIES) : keys;
    uvec4 seen = causal != 0 ? first + uvec4(1, 2, 3, 4) : uvec4(keys);
    uint64_t k_row = own_address(head_address(k, problem.kv_row, k_row_stride, problem.head));
    uint64_t v_row = own_address(head_address(v, problem.kv_row, v_row_stride, problem.head));
    uint64_t k_step = uint64_t(kv_token) * k_row_stride * STORAGE_BYTES;
    uint64_t v_step = uint64_t(kv_token) * v_row_stride * STORAGE_BYTES;
    load_queries(problem, first);

    vec4 largest = vec4(HIDDEN), total = vec4(0.0);
    uint key = 0;
    do
    {
        bvec4 visible = lessThan(uvec4(key), seen);
        vec4 scores = mix(vec4(HIDDEN), score(k_row), lessThan(uvec4(key), causal == MASK_AFTER ? uvec4(keys) : seen));
        vec4 now = max(largest, scores);
        vec4 rescale = exp2(largest - now), factor = exp2(scores - now);
        largest = now;
        total = total * rescale + factor;
        accumulate(v_row, rescale, mix(vec4(0.0), factor, visible));
        k_row += k_step;
        v_row += v_step;
        key++;
    } while (key < end);

    store_sums(problem, first, 1.0 / total);
}
