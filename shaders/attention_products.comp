#version 460
// attention_products: y = softmax(scale * q k^T) v for heads too wide for registers, as two products with the scores in memory between
// them, in the loop of the matrix core's family "ldv" or "gather". For CPU drivers: attention_wide's sum over the lanes for every key and
// query costs them most of the time.
//
// A slice is `rows` queries from first_query on of each of `problems` problems from first_problem on. Its scratch memory, fp32, of all
// problems: k [pitch / PANEL, HEAD_DIM, PANEL], v [HEAD_DIM / PANEL, keys, PANEL], scores [rows, pitch], sums [rows], where pitch is
// keys in whole panels; GATHERED has pairs of dimensions or keys side by side in k and v, [.. / 2, PANEL, 2]. Stages:
//   0 packs k and v: an invocation is a key; behind the last key stand zeros
//   1 scores = scale * log2(e) * q k^T: ROWS queries and a panel of keys
//   2 scores of a query become exp2(score - largest), and their sum is taken
//   3 y = scores v / sum: ROWS queries and a panel of dimensions
// keys are a multiple of the lanes and of stage 3's STEP, HEAD_DIM of PANEL and stage 1's STEP; if GATHERED both are multiples of 8, as
// rows of q are of 8 bytes.
// Ladder (Mesa 26.2, one core with AVX2, by processor time, one head of 512, 2560 pixels): attention_wide 5 GFLOP/s, its first use 5 s;
// v1 this, 52 GFLOP/s, first use of all stages 0.3 s.
// Constants: 0 workgroup size (a subgroup), 1 HEAD_DIM, 2 STAGE, 3 ACCESS (common/access.glsl), 4 COLUMNS, 5 STEP (k per turn), 6 ROWS,
// 7 GATHERED.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_ballot : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#include "common/types.glsl"

#define STAGE_PACK 0
#define STAGE_SCORES 1
#define STAGE_SOFTMAX 2
#define STAGE_VALUES 3
#define LANES WORKGROUP_SIZE

layout(constant_id = 1) const uint HEAD_DIM = 512;
layout(constant_id = 2) const uint STAGE = STAGE_PACK;
layout(constant_id = 3) const uint ACCESS = 0;
layout(constant_id = 4) const uint COLUMNS = 4;
layout(constant_id = 5) const uint STEP = 32;
layout(constant_id = 6) const uint ROWS = 6;
layout(constant_id = 7) const bool GATHERED = false;

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

const bool SCALAR_LOADS = false, CHANNEL_TAIL = false;

#define load_weights load_vector_f32
#define A_BYTES 4
#define LOAD_A load_f32
#define NEVER (rows == 0)
#define SINK y
#include "common/gather_product.glsl"
#include "common/ldv_product.glsl"

uint problem_in_slice() { return gl_WorkGroupID.z; }

Problem own_problem() { return problem_of(first_problem + problem_in_slice()); }

uint64_t packed_k() { return scratch + uint64_t(problem_in_slice()) * pitch * (HEAD_DIM * 4); }

uint64_t packed_v() { return scratch + (uint64_t(problems) * pitch + uint64_t(problem_in_slice()) * keys) * (HEAD_DIM * 4); }

uint64_t all_scores() { return scratch + uint64_t(problems) * (pitch + keys) * (HEAD_DIM * 4); }

// Of a query of the slice; lanes that work along behind the last one get its row.
uint64_t scores_of(uint row) { return all_scores() + (uint64_t(problem_in_slice()) * rows + min(row, rows - 1)) * (pitch * 4); }

uint64_t sum_of(uint row) { return all_scores() + (uint64_t(problems) * rows * pitch + problem_in_slice() * rows + min(row, rows - 1)) * 4; }

const uint PAIR = GATHERED ? 2 : 1;

// Where value (k, column) of a packed operand stands, in values from the start of the column's panel.
uint packed_place(uint k, uint column) { return (k / PAIR * PANEL + column) * PAIR + k % PAIR; }

void pack()
{
    Problem problem = own_problem();
    uint key = gl_WorkGroupID.x * LANES + gl_SubgroupInvocationID;
    uint64_t token = problem.kv_row + uint64_t(min(key, keys - 1)) * kv_token;
    uint64_t k_row = head_address(k, token, k_row_stride, problem.head), v_row = head_address(v, token, v_row_stride, problem.head);
    uint64_t k_target = packed_k() + uint64_t(key / PANEL) * (HEAD_DIM * PANEL * 4);
    bool any = key < keys;
    uint d = 0;
    do
    {
        F32(k_target).v[packed_place(d, key % PANEL)] = any ? load(k_row, d) : 0.0;
        if (any) F32(packed_v() + uint64_t(d / PANEL) * keys * (PANEL * 4)).v[packed_place(key, d % PANEL)] = load(v_row, d);
        d++;
    } while (d < HEAD_DIM);
}

// The product's row that the lane reads for row `r` of a load: every row is loaded by all lanes, or gathered by some.
#define ROW_LOADS (GATHERED ? GROUPS : ROWS)

uint loaded_row(uint r) { return gl_WorkGroupID.x * ROWS + (GATHERED ? r * GROUP_ROWS + gl_SubgroupInvocationID % GROUP_ROWS : r); }

// Adds the products of `count` k of the rows with the panel.
void multiply(uint64_t origin[ROWS], uint64_t panel, uint count)
{
    if (!GATHERED)
    {
        accumulate(origin, panel, count);
        return;
    }

    uint64_t gathered[GROUPS];
    bool inside[GROUPS];
    [[unroll]] for (uint g = 0; g < GROUPS; g++)
    {
        gathered[g] = origin[g];
        inside[g] = true;
    }
    gather_product(gathered, inside, panel, count);
}

void score()
{
    Problem problem = own_problem();
    uint first = gl_WorkGroupID.x * ROWS;
    uint64_t origin[ROWS];
    [[unroll]] for (uint r = 0; r < ROW_LOADS; r++)
    {
        uint token = first_query + min(loaded_row(r), rows - 1);
        origin[r] = head_address(q, problem.q_row + uint64_t(token) * q_token, q_row_stride, problem.head);
    }
    multiply(origin, packed_k() + uint64_t(gl_WorkGroupID.y) * (HEAD_DIM * PANEL * 4), HEAD_DIM);
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
    [[unroll]] for (uint r = 0; r < ROW_LOADS; r++) origin[r] = scores_of(loaded_row(r));
    multiply(origin, packed_v() + uint64_t(gl_WorkGroupID.y) * keys * (PANEL * 4), keys);
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
