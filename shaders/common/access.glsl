// How an invocation reaches its channels, by the specialization constant ACCESS; see Access.cs.
#define ACCESS_WIDE 0
#define ACCESS_SINGLES 1
#define ACCESS_VECTORS 2
#define ACCESS_LANES 3
#define ACCESS_WIDE_VECTORS 4
#define ACCESS_WIDE_LANES 5
const bool MERGED = ACCESS == ACCESS_VECTORS || ACCESS == ACCESS_WIDE_VECTORS;
const bool WIDE_VECTORS = ACCESS == ACCESS_WIDE_VECTORS || ACCESS == ACCESS_WIDE_LANES;
const bool VECTORS = MERGED || WIDE_VECTORS || ACCESS == ACCESS_LANES;
const bool NARROW = ACCESS != ACCESS_WIDE && !WIDE_VECTORS;
