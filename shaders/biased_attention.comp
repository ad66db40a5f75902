#version 460
// biased_attention: y = softmax(scale * q k^T + bias[head, key - query + length - 1]) v for tokens of one sequence.
//
// q, k, v [batches, length, heads * HEAD_DIM], each with its row stride; bias [heads, 2 * length - 1] fp32, one number for each
// distance; y [batches, length, heads * HEAD_DIM]. One workgroup per query and head, folded over x and y: scores of all keys in
// shared memory (KEYS of them, at least length), then each invocation sums dimensions of its own.
// Constants: 0 workgroup size, 1 HEAD_DIM, 2 KEYS.
// Ladder: v1 this. It runs for one sentence in a generation: short code was worth more than speed.
#include "common/types.glsl"
#define REDUCE_TYPE float
#include "common/reduce.glsl"

layout(constant_id = 1) const uint HEAD_DIM = 64;
layout(constant_id = 2) const uint KEYS = 128;

layout(push_constant, scalar) uniform Push
{
    uint64_t q;
    uint64_t k;
    uint64_t v;
    uint64_t bias;
    uint64_t y;
    uint length;
    uint heads;
    uint q_row_stride;
    uint k_row_stride;
    uint v_row_stride;
    uint count;
    uint fold;
    float scale;
};

shared float scores[KEYS];
shared float largest_of[WORKGROUP_SIZE];

float largest_score()
{
    float largest = -1e30;
    for (uint j = gl_LocalInvocationID.x; j < length; j += WORKGROUP_SIZE) largest = max(largest, scores[j]);
    largest_of[gl_LocalInvocationID.x] = largest;
    barrier();
    for (uint i = 0; i < WORKGROUP_SIZE; i++) largest = max(largest, largest_of[i]);
    return largest;
}

void main()
{
    uint index = gl_WorkGroupID.x + gl_WorkGroupID.y * fold;
    if (index >= count) return;
    uint head = index % heads, row = index / heads, first_row = row / length * length, query = row - first_row;
    uint column = head * HEAD_DIM;
    uint64_t q_row = q + (uint64_t(row) * q_row_stride + column) * STORAGE_BYTES;
    uint64_t distances = bias + uint64_t(head * (2 * length - 1) + length - 1 - query) * 4;

    for (uint j = gl_LocalInvocationID.x; j < length; j += WORKGROUP_SIZE)
    {
        uint64_t k_row = k + (uint64_t(first_row + j) * k_row_stride + column) * STORAGE_BYTES;
        float product = 0.0;
        for (uint d = 0; d < HEAD_DIM; d++) product += load(q_row, d) * load(k_row, d);
        scores[j] = product * scale + load_f32(distances, j);
    }
    barrier();
    float largest = largest_score();
    float total = 0.0;
    for (uint j = gl_LocalInvocationID.x; j < length; j += WORKGROUP_SIZE)
    {
        scores[j] = exp(scores[j] - largest);
        total += scores[j];
    }
    total = workgroup_sum(total);
    barrier();
    uint64_t y_row = y + (uint64_t(row) * (heads * HEAD_DIM) + column) * STORAGE_BYTES;
    for (uint d = gl_LocalInvocationID.x; d < HEAD_DIM; d += WORKGROUP_SIZE)
    {
        uint64_t v_column = v + (uint64_t(first_row) * v_row_stride + column + d) * STORAGE_BYTES;
        float sum = 0.0;
        for (uint j = 0; j < length; j++) sum += scores[j] * load(v_column + uint64_t(j) * v_row_stride * STORAGE_BYTES, 0);
        store(y_row, d, sum / total);
    }
}
