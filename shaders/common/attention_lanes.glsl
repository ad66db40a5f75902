// Attention on CPU drivers: one subgroup per workgroup, without shared memory. Each lane owns QUERIES queries (QUERIES * LANES
// in a workgroup): their scaled q rows, output rows, maxima and sums are its registers, so nothing is exchanged between lanes.
// Keys come in blocks of KEYS. A value of k or v is needed by all lanes at once, and gets there in one of two ways:
//   METHOD_BROADCAST  rows are gathered along the lanes, 64 bits each, and read back by subgroupBroadcast: for drivers that turn
//                     every load into a gather (Mesa up to 25). A gather feeds WIDE * LANES * QUERIES products.
//   METHOD_UNIFORM    loaded by every lane from one address, which newer drivers make the memory operand of a multiplication.
// Within a block the dimension is the outer loop: an element of q or of the output is touched once for all KEYS keys.
const uint KEYS = METHOD == METHOD_UNIFORM ? 8 : 4;

const uint SEGMENT = WIDE * LANES; // dimensions of one gathered piece of a row; rows are padded to whole pieces, with zeros in q
const uint SEGMENTS = (HEAD_DIM + SEGMENT - 1) / SEGMENT;
const uint LANE_VALUES = METHOD == METHOD_TILED ? 1 : SEGMENTS * SEGMENT * QUERIES;

// An index that only looks unknown keeps the sums in memory. As values they are all alive at once, and LLVM, seeing more than any
// processor has registers for, takes a block's keys one after the other through all of them: a load and a store for each product.
#define UNKNOWN_ZERO (SUMS_IN_MEMORY ? blocks >> 31 : 0)

float lane_query[LANE_VALUES]; // [dimension][QUERIES]
float lane_sums[LANE_VALUES];
float scores[KEYS * QUERIES];  // [key][QUERIES]
float rescale[QUERIES];
vec4 pieces[KEYS];

// WIDE dimensions of a row from dimension `d` on; behind the row's end any of its values.
vec4 load_dimensions(uint64_t row, uint d)
{
    if (!SCALAR_LOADS) return load_wide(row + min(d, HEAD_DIM - WIDE) * STORAGE_BYTES);
    vec4 values = vec4(0.0);
    [[unroll]] for (uint e = 0; e < WIDE; e++) values[e] = load(row, min(d + e, HEAD_DIM - 1));
    return values;
}

// Rows of many frames lie at multiples of a large power of two, so that their lines share a few places in the cache: 8 rows at a time.
#define ROWS_AT_ONCE 8
const uint PARTS = TOUCHES ? (LANES + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE : 1;

bool is_in_part(uint part) { return PARTS == 1 || gl_SubgroupInvocationID / ROWS_AT_ONCE == part; }

void lanes_load(uint64_t row, uint n)
{
    [[unroll]] for (uint lane = 0; lane < LANES; lane++)
    {
        [[unroll]] for (uint segment = 0; segment < SEGMENTS; segment++)
        {
            uint d = segment * SEGMENT + lane * WIDE;
            vec4 values = d < HEAD_DIM ? load_dimensions(row, d) * (scale * LOG2_E) : vec4(0.0);
            [[unroll]] for (uint e = 0; e < WIDE; e++)
            {
                lane_query[(d + e) * QUERIES + n] = d + e < HEAD_DIM ? values[e] : 0.0;
                lane_sums[(d + e) * QUERIES + n] = 0.0;
            }
        }
    }
}

void lanes_store(uint64_t row, uint n, float factor)
{
    uint part = 0;
    do
    {
        if (is_in_part(part))
        {
            [[unroll]] for (uint lane = 0; lane < LANES; lane++)
            {
                [[unroll]] for (uint segment = 0; segment < SEGMENTS; segment++)
                {
                    uint d = segment * SEGMENT + lane * WIDE;
                    vec4 values = vec4(0.0);
                    [[unroll]] for (uint e = 0; e < WIDE; e++) values[e] = lane_sums[(d + e) * QUERIES + n + UNKNOWN_ZERO] * factor;
                    if (!SCALAR_LOADS && d < HEAD_DIM) store_wide(row + d * STORAGE_BYTES, values);
                    [[unroll]] for (uint e = 0; e < WIDE; e++)
                    {
                        if (SCALAR_LOADS && d + e < HEAD_DIM) store(row, d + e, values[e]);
                    }
                }
            }
        }
        part++;
    } while (part < PARTS);
}

// One piece of every row of the block, for METHOD_BROADCAST.
void lanes_fetch(uint64_t rows[KEYS], uint segment)
{
    if (METHOD != METHOD_BROADCAST) return;
    [[unroll]] for (uint j = 0; j < KEYS; j++) pieces[j] = load_dimensions(rows[j], segment * SEGMENT + gl_SubgroupInvocationID * WIDE);
}

// Dimension `d` of row `j`, known to all lanes: of the piece last fetched, or loaded.
float lanes_value(uint64_t rows[KEYS], uint j, uint d)
{
    return METHOD == METHOD_BROADCAST
        ? subgroupBroadcast(pieces[j][d % WIDE], d % SEGMENT / WIDE)
        : load(rows[j], min(d, HEAD_DIM - 1));
}

// A segment of a row is a line of memory. Gathered, it is done with before the next; loaded, the lines of all rows are touched first, so that
// they are on their way together.
const uint OUTER = METHOD == METHOD_BROADCAST ? SEGMENTS : LANES;
const uint INNER = METHOD == METHOD_BROADCAST ? LANES : SEGMENTS;
uint first_dimension(uint outer, uint inner)
{
    return METHOD == METHOD_BROADCAST ? outer * SEGMENT + inner * WIDE : inner * SEGMENT + outer * WIDE;
}

// Every so many turns of the inner loop the code is cut as cut.glsl says, by reading what they have changed.
const uint CUT_TURNS = INNER < 2 ? 1 : 2;
bool cuts(uint inner) { return !SUMS_IN_MEMORY && inner % CUT_TURNS == CUT_TURNS - 1; }

void cut_scores()
{
    if (queries == 0)
    {
        float all = 0.0;
        [[unroll]] for (uint i = 0; i < KEYS * QUERIES; i++) all += scores[i];
        F32(y).v[0] = all;
    }
}

void cut_sums(uint outer, uint inner)
{
    if (queries == 0)
    {
        float all = 0.0;
        [[unroll]] for (uint turn = 0; turn < CUT_TURNS; turn++)
        {
            [[unroll]] for (uint i = 0; i < WIDE * QUERIES; i++) all += lane_sums[first_dimension(outer, inner - turn) * QUERIES + i];
        }
        F32(y).v[0] = all;
    }
}

void lanes_score(uint64_t rows[KEYS])
{
    [[unroll]] for (uint i = 0; i < KEYS * QUERIES; i++) scores[i] = 0.0;
    [[unroll]] for (uint outer = 0; outer < OUTER; outer++)
    {
        lanes_fetch(rows, outer);
        [[unroll]] for (uint inner = 0; inner < INNER; inner++)
        {
            [[unroll]] for (uint e = 0; e < WIDE; e++)
            {
                uint d = first_dimension(outer, inner) + e;
                [[unroll]] for (uint j = 0; j < KEYS; j++)
                {
                    float value = lanes_value(rows, j, d);
                    [[unroll]] for (uint n = 0; n < QUERIES; n++) scores[j * QUERIES + n] += lane_query[d * QUERIES + n] * value;
                }
            }
            if (cuts(inner)) cut_scores();
        }
    }
}

void lanes_accumulate(uint64_t rows[KEYS])
{
    [[unroll]] for (uint outer = 0; outer < OUTER; outer++)
    {
        lanes_fetch(rows, outer);
        [[unroll]] for (uint inner = 0; inner < INNER; inner++)
        {
            [[unroll]] for (uint e = 0; e < WIDE; e++)
            {
                uint d = first_dimension(outer, inner) + e;
                float sum[QUERIES];
                [[unroll]] for (uint n = 0; n < QUERIES; n++) sum[n] = lane_sums[d * QUERIES + n] * rescale[n];
                [[unroll]] for (uint j = 0; j < KEYS; j++)
                {
                    float value = lanes_value(rows, j, d);
                    [[unroll]] for (uint n = 0; n < QUERIES; n++) sum[n] += scores[j * QUERIES + n] * value;
                }
                [[unroll]] for (uint n = 0; n < QUERIES; n++) lane_sums[d * QUERIES + n] = sum[n];
            }
            if (cuts(inner)) cut_sums(outer, inner);
        }
    }
}

// With few keys the time goes into waiting for memory, one kind of row after the other. All lines of k, v and y are touched first, so that they are
// on their way together. What was read is 0 at the end without the compiler's knowing.
#define LINE 64
const uint LINES = (HEAD_DIM * STORAGE_BYTES + LINE - 1) / LINE;

// Gathered, a lane touches the lines of a key of its own.
const bool GATHERED = METHOD == METHOD_BROADCAST;
const uint TOUCHED_AT_ONCE = GATHERED ? 1 : KEYS;
const uint TOUCHED_KEYS = GATHERED ? LANES : KEYS;

uint touched(uint64_t row, uint line) { return floatBitsToUint(load(row, line * (LINE / STORAGE_BYTES))); }

uint touch_rows(uint64_t k_row, uint64_t v_row, uint64_t k_step, uint64_t v_step)
{
    uint all = 0, counter = counter_start(queries == 0), key;
    do
    {
        key = counted(counter);
        [[unroll]] for (uint j = 0; j < TOUCHED_AT_ONCE; j++)
        {
            uint64_t row = min(key + (GATHERED ? gl_SubgroupInvocationID : j), keys - 1);
            [[unroll]] for (uint line = 0; line < LINES; line++) all |= touched(k_row + row * k_step, line) | touched(v_row + row * v_step, line);
        }
        counter += TOUCHED_KEYS;
    } while (key + TOUCHED_KEYS < keys);
    return all & (blocks >> 31);
}

void attend_in_lanes(Problem problem)
{
    uint first = problem.block * (LANES * QUERIES);
    uint end = causal == MASK_BEFORE ? min(keys, first + LANES * QUERIES) : keys;
    uint64_t k_start = head_address(k, problem.kv_row, k_row_stride, problem.head);
    uint64_t v_start = head_address(v, problem.kv_row, v_row_stride, problem.head);
    uint64_t k_step = uint64_t(kv_token) * k_row_stride * STORAGE_BYTES;
    uint64_t v_step = uint64_t(kv_token) * v_row_stride * STORAGE_BYTES;
    uint nothing = TOUCHES ? touch_rows(k_start, v_start, k_step, v_step) : 0;
    float largest[QUERIES], total[QUERIES];
    uint own[QUERIES], seen[QUERIES];
    [[unroll]] for (uint n = 0; n < QUERIES; n++)
    {
        own[n] = first + n * LANES + gl_SubgroupInvocationID;
        uint token = min(own[n], queries - 1); // lanes past the end work along and store nothing
        seen[n] = causal != 0 ? token + 1 : keys;
        uint64_t q_row = head_address(q, problem.q_row + uint64_t(token) * q_token, q_row_stride, problem.head);
        uint64_t y_row = head_address(y, problem.q_row + uint64_t(token) * q_token, heads * HEAD_DIM, problem.head);
        [[unroll]] for (uint line = 0; line < LINES; line++) nothing |= TOUCHES ? (touched(q_row, line) | touched(y_row, line)) & (blocks >> 31) : 0;
        lanes_load(q_row, n);
        largest[n] = HIDDEN;
        total[n] = 0.0;
    }

    uint counter = counter_start(queries == 0), key;
    uint64_t k_row = k_start, v_row = v_start;
    do
    {
        key = counted(counter);
        if (MERGED)
        {
            k_row = k_start + key * k_step;
            v_row = v_start + key * v_step;
        }
        uint64_t k_rows[KEYS], v_rows[KEYS];
        [[unroll]] for (uint j = 0; j < KEYS; j++)
        {
            k_rows[j] = key + j < keys ? k_row + j * k_step : k_start;
            v_rows[j] = key + j < keys ? v_row + j * v_step : v_start;
        }
        lanes_score(k_rows);
        [[unroll]] for (uint n = 0; n < QUERIES; n++)
        {
            float now = largest[n];
            [[unroll]] for (uint j = 0; j < KEYS; j++)
            {
                scores[j * QUERIES + n] = key + j < (causal == MASK_AFTER ? keys : seen[n]) ? scores[j * QUERIES + n] : HIDDEN;
                now = max(now, scores[j * QUERIES + n]);
            }
            rescale[n] = exp2(largest[n] - now);
            largest[n] = now;
            total[n] *= rescale[n];
            [[unroll]] for (uint j = 0; j < KEYS; j++)
            {
                scores[j * QUERIES + n] = exp2(scores[j * QUERIES + n] - now);
                total[n] += scores[j * QUERIES + n];
                scores[j * QUERIES + n] = key + j < seen[n] ? scores[j * QUERIES + n] : 0.0;
            }
        }
        lanes_accumulate(v_rows);
        k_row += KEYS * k_step;
        v_row += KEYS * v_step;
        counter += KEYS;
    } while (key + KEYS < end);

    [[unroll]] for (uint n = 0; n < QUERIES; n++)
    {
        if (own[n] < queries)
        {
            lanes_store(head_address(y, problem.q_row + uint64_t(own[n]) * q_token, heads * HEAD_DIM, problem.head), n, 1.0 / (total[n] + float(nothing)));
        }
    }
}
