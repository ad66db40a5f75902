#version 460
// attention_products: y = softmax(scale * q k^T) v for heads too wide for registers, as two products with the scores in memory between
// them, in the loop of the matrix core's family "ldv". For CPU drivers: attention_wide's sum over the lanes for every key and query
// costs them most of the time.
//
// A slice is `rows` queries from first_query on of each of `problems` problems from first_problem on. Its scratch memory, fp32, of all
// problems: k [pitch / PANEL, HEAD_DIM, PANEL], v [HEAD_DIM / PANEL, keys, PANEL], scores [rows, pitch], sums [rows], where pitch is
// keys in whole panels. Stages:
//   0 packs k and v: an invocation is a key; behind the last key stand zeros
//   1 scores = scale * log2(e) * q k^T: ROWS queries and a panel of keys
//   2 scores of a query become exp2(score - largest), and their sum is taken
//   3 y = scores v / sum: ROWS queries and a panel of dimensions
// keys are a multiple of the lanes and of stage 3's STEP, HEAD_DIM of PANEL and stage 1's STEP.
// Ladder (Mesa 26.2, one core with AVX2, by processor time, one head of 512, 2560 pixels): attention_wide 5 GFLOP/s, its first use 5 s;
// v1 this, 52 GFLOP/s, first use of all stages 0.3 s.
// Constants: 0 workgroup size (a subgroup), 1 HEAD_DIM, 2 STAGE, 3 ACCESS (common/access.glsl), 4 COLUMNS, 5 STEP (k per turn).
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#include "common/types.glsl"

#define STAGE_PACK 0
#define STAGE_SCORES 1
#define STAGE_SOFTMAX 2
#define STAGE_VALUES 3
#define ROWS 6
#define LANES WORKGROUP_SIZE

layout(constant_id = 1) const uint HEAD_DIM = 512;
layout(constant_id = 2) const uint STAGE = STAGE_PACK;
layout(constant_id = 3) const uint ACCESS = 0;
layout(constant_id = 4) const uint COLUMNS = 4;
layout(constant_id = 5) const uint STEP = 32;

layout(push_constant, scalar) uniform Push
{
    uint64_t q;
    uint64_t k;
    uint64_t v;
    uint64_t scratch;
    uint64_t y;
    uint q_outer;
    uint q_inner;
    uint q_token;
    uint kv_outer;
    uint kv_inner;
    uint kv_token;
    uint q_row_stride;
    uint k_row_stride;
    uint v_row_stride;
    uint inner;
    uint heads;
    uint queries;
    uint keys;
    uint pitch;
    uint first_problem;
    uint problems;
    uint first_query;
    uint rows;
    float scale;
};

// One problem after the other: none is split into blocks.
const uint blocks = 1;
#define OWN_PUSH
#include "common/attention.glsl"
#include "common/access.glsl"
#include "common/load_vector.glsl"

const uint PANEL = COLUMNS * LANES;

float sums[ROWS * COLUMNS];

#define load_weights load_vector_f32
#define B_BYTES 4
#define A_BYTES 4
#define LOAD_A load_f32
#define NEVER (rows == 0)
#define SINK y
#include "common/ldv_product.glsl"

uint problem_in_slice() { return gl_WorkGroupID.z; }

Problem own_problem() { return problem_of(first_problem + problem_in_slice()); }

uint64_t packed_k() { return scratch + uint64_t(problem_in_slice()) * pitch * (HEAD_DIM * 4); }

uint64_t packed_v() { return scratch + (uint64_t(problems) * pitch + uint64_t(problem_in_slice()) * keys) * (HEAD_DIM * 4); }

uint64_t all_scores() { return scratch + uint64_t(problems) * (pitch + keys) * (HEAD_DIM * 4); }

// Of a query of the slice; lanes that work along behind the last one get its row.
uint64_t scores_of(uint row) { return all_scores() + (uint64_t(problem_in_slice()) * rows + min(row, rows - 1)) * (pitch * 4); }

uint64_t sum_of(uint row) { return all_scores() + (uint64_t(problems) * rows * pitch + problem_in_slice() * rows + min(row, rows - 1)) * 4; }

void pack()
{
    Problem problem = own_problem();
    uint key = gl_WorkGroupID.x * LANES + gl_SubgroupInvocationID;
    uint64_t token = problem.kv_row + uint64_t(min(key, keys - 1)) * kv_token;
    uint64_t k_row = head_address(k, token, k_row_stride, problem.head), v_row = head_address(v, token, v_row_stride, problem.head);
    uint64_t k_target = packed_k() + uint64_t(key / PANEL) * (HEAD_DIM * PANEL * 4) + key % PANEL * 4;
    uint64_t v_target = packed_v() + uint64_t(key) * (PANEL * 4);
    bool any = key < keys;
    uint d = 0;
    do
    {
        F32(k_target + d * (PANEL * 4)).v[0] = any ? load(k_row, d) : 0.0;
        if (any) F32(v_target + uint64_t(d / PANEL) * keys * (PANEL * 4) + d % PANEL * 4).v[0] = load(v_row, d);
        d++;
    } while (d < HEAD_DIM);
}

void score()
{
    Problem problem = own_problem();
    uint first = gl_WorkGroupID.x * ROWS;
    uint64_t origin[ROWS];
    [[unroll]] for (uint r = 0; r < ROWS; r++)
    {
        uint token = first_query + min(first + r, rows - 1);
        origin[r] = head_address(q, problem.q_row + uint64_t(token) * q_token, q_row_stride, problem.head);
    }
    accumulate(origin, packed_k() + uint64_t(gl_WorkGroupID.y) * (HEAD_DIM * PANEL * 4), HEAD_DIM);
    [[unroll]] for (uint r = 0; r < ROWS; r++)
    {
        uint64_t target = scores_of(first + r) + gl_WorkGroupID.y * (PANEL * 4);
        [[unroll]] for (uint j = 0; j < COLUMNS; j++)
        {
            if (first + r < rows) F32(target).v[j * LANES + vector_lane] = sums[r * COLUMNS + j] * (scale * LOG2_E);
        }
    }
}

void soften()
{
    uint64_t row = scores_of(gl_WorkGroupID.x);
    float largest = HIDDEN, sum = 0.0;
    uint key = 0;
    do
    {
        largest = max(largest, load_vector_f32(row + key * 4, 0));
        key += LANES;
    } while (key < keys);

    largest = subgroupMax(largest);
    key = 0;
    do
    {
        float weight = exp2(load_vector_f32(row + key * 4, 0) - largest);
        sum += weight;
        F32(row + key * 4).v[vector_lane] = weight;
        key += LANES;
    } while (key < keys);

    sum = subgroupAdd(sum);
    if (subgroupElect()) F32(sum_of(gl_WorkGroupID.x)).v[0] = sum;
}

void average()
{
    Problem problem = own_problem();
    uint first = gl_WorkGroupID.x * ROWS;
    uint64_t origin[ROWS];
    [[unroll]] for (uint r = 0; r < ROWS; r++) origin[r] = scores_of(first + r);
    accumulate(origin, packed_v() + uint64_t(gl_WorkGroupID.y) * keys * (PANEL * 4), keys);
    [[unroll]] for (uint r = 0; r < ROWS; r++)
    {
        uint64_t token = problem.q_row + uint64_t(first_query + first + r) * q_token;
        uint64_t target = head_address(y, token, heads * HEAD_DIM, problem.head) + gl_WorkGroupID.y * (PANEL * STORAGE_BYTES);
        float factor = 1.0 / load_f32(sum_of(first + r), 0);
        [[unroll]] for (uint j = 0; j < COLUMNS; j++)
        {
            if (first + r < rows) store(target, j * LANES + vector_lane, sums[r * COLUMNS + j] * factor);
        }
    }
}

void main()
{
    [[unroll]] for (uint i = 0; i < ROWS * COLUMNS; i++) sums[i] = 0.0;
    if (STAGE == STAGE_PACK) pack();
    else if (STAGE == STAGE_SCORES) score();
    else if (STAGE == STAGE_SOFTMAX) soften();
    else average();
}
