// How an invocation reaches its channels, by the specialization constant ACCESS; see Access.cs.
#define ACCESS_WIDE 0
#define ACCESS_SINGLES 1
#define ACCESS_VECTORS 2
#define ACCESS_LANES 3
const bool MERGED = ACCESS == ACCESS_VECTORS;
const bool VECTORS = MERGED || ACCESS == ACCESS_LANES;
const bool NARROW = ACCESS != ACCESS_WIDE;
