#version 460
// attention_wide: y = softmax(scale * q k^T) v with an online softmax; lanes are dimensions. For head dimensions over 80.
//
// A workgroup has QUERIES queries, side by side in a vec4; each invocation holds every WORKGROUP_SIZE-th dimension of their q
// and output rows. A key costs one sum over the workgroup. Push data and indices: common/attention.glsl.
// Constants: 0 workgroup size, 1 HEAD_DIM.
// Ladder: v1 four queries per workgroup.
#include "common/types.glsl"
#define REDUCE_TYPE vec4
#include "common/reduce.glsl"

#define QUERIES 4

layout(constant_id = 1) const uint HEAD_DIM = 512;

#include "common/attention.glsl"

// Dimensions per invocation, in steps: drivers unroll loops of up to 32 turns, and 512 / 8 lanes is more.
const uint DIMENSIONS = (HEAD_DIM + WORKGROUP_SIZE - 1) / WORKGROUP_SIZE;
const uint STEP = DIMENSIONS > 16 ? 4 : 1;
const uint STEPS = (DIMENSIONS + STEP - 1) / STEP;

vec4 query[STEPS * STEP];
vec4 sums[STEPS * STEP];

uint dimension(uint i) { return i * WORKGROUP_SIZE + gl_LocalInvocationID.x; }

void load_queries(Problem problem, uint first)
{
    [[unroll]] for (uint j = 0; j < QUERIES; j++)
    {
        uint token = min(first + j, queries - 1);
        uint64_t address = head_address(q, problem.q_row + uint64_t(token) * q_token, q_row_stride, problem.head);
        [[unroll]] for (uint step_index = 0; step_index < STEPS; step_index++)
        {
            [[unroll]] for (uint within = 0; within < STEP; within++)
            {
                uint i = step_index * STEP + within, d = dimension(i);
                query[i][j] = d < HEAD_DIM ? load(address, min(d, HEAD_DIM - 1)) * (scale * LOG2_E) : 0.0;
                sums[i][j] = 0.0;
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
                    uint i = step_index * STEP + within;
                    if (dimension(i) < HEAD_DIM) store(address, dimension(i), sums[i][j] * factor[j]);
                }
            }
        }
    }
}

vec4 score(uint64_t k_row)
{
    vec4 partial = vec4(0.0);
    [[unroll]] for (uint step_index = 0; step_index < STEPS; step_index++)
    {
        [[unroll]] for (uint within = 0; within < STEP; within++)
        {
            uint i = step_index * STEP + within;
            partial += query[i] * load(k_row, min(dimension(i), HEAD_DIM - 1));
        }
    }
    return workgroup_sum(partial);
}

void accumulate(uint64_t v_row, vec4 rescale, vec4 factor)
{
    [[unroll]] for (uint step_index = 0; step_index < STEPS; step_index++)
    {
        [[unroll]] for (uint within = 0; within < STEP; within++)
        {
            uint i = step_index * STEP + within;
            sums[i] = sums[i] * rescale + factor * load(v_row, min(dimension(i), HEAD_DIM - 1));
        }
    }
}

void main()
{
    if (problem_index() >= count) return;
    Problem problem = problem_of(problem_index());
    uint first = problem.block * QUERIES;
    uint end = causal != 0 ? min(keys, first + QUERIES) : keys;
    uvec4 seen = causal != 0 ? first + uvec4(1, 2, 3, 4) : uvec4(keys);
    uint64_t k_row = head_address(k, problem.kv_row, k_row_stride, problem.head);
    uint64_t v_row = head_address(v, problem.kv_row, v_row_stride, problem.head);
    uint64_t k_step = uint64_t(kv_token) * k_row_stride * STORAGE_BYTES;
    uint64_t v_step = uint64_t(kv_token) * v_row_stride * STORAGE_BYTES;
    load_queries(problem, first);

    vec4 largest = vec4(HIDDEN), total = vec4(0.0);
    uint key = 0;
    do
    {
        vec4 scores = mix(vec4(HIDDEN), score(k_row), lessThan(uvec4(key), seen));
        vec4 now = max(largest, scores);
        vec4 rescale = exp2(largest - now), factor = exp2(scores - now);
        largest = now;
        total = total * rescale + factor;
        accumulate(v_row, rescale, factor);
        k_row += k_step;
        v_row += v_step;
        key++;
    } while (key < end);

    store_sums(problem, first, 1.0 / total);
}
