using System.Numerics;
using System.Runtime.InteropServices;

namespace Hummingbird.Vulkan.Kernels;

/// <summary>3x3 weights transformed for Winograd convolution, U = G g G^T, or those of three frames, U = G g, then packed: one
/// <see cref="PanelPacking"/> for each of the (m + 2)^2 or m + 2 products, one behind the other.</summary>
/// <remarks>The transform is done in fp64. Points and the other two transforms: shaders/common/winograd.glsl.</remarks>
/// <param name="Tile">m: pixels of the output along a tile's side, 2 or 4.</param>
/// <param name="Product">How the weight [N, C] of one product is packed.</param>
/// <param name="IsTemporal">Of three frames.</param>
public sealed record WinogradPacking(int Tile, PanelPacking Product, bool IsTemporal = false) : WeightPacking
{
    private const double Far = 1.4142135623730951;

    // Rows of G: 1 / prod(p - q) (1, p, p^2) for each point p and all other finite points q, then infinity's.
    private static readonly double[,] Small = { { 1, 0, 0 }, { 0.5, 0.5, 0.5 }, { 0.5, -0.5, 0.5 }, { 0, 0, 1 } };

    private static readonly double[,] Large =
    {
        { 1, 0, 0 },
        { -2.0 / 3, -Far / 3, -1.0 / 3 },
        { -2.0 / 3, Far / 3, -1.0 / 3 },
        { 1.0 / 6, Far / 6, 1.0 / 3 },
        { 1.0 / 6, -Far / 6, 1.0 / 3 },
        { 0, 0, 1 },
    };

    /// <summary>Products per tile, and weights per kernel.</summary>
    public int Products => (Tile + 2) * (IsTemporal ? 1 : Tile + 2);

    private int Taps => IsTemporal ? 3 : 9;

    public override long SizeInBytes => Products * Product.SizeInBytes;

    public override void Pack(ReadOnlySpan<float> canonical, Span<byte> packed)
    {
        Check(canonical.Length, packed.Length);
        packed.Clear();
        int length = canonical.Length / Product.Columns;
        double[] values = new double[length];
        Transform transform = new(Tile == 2 ? Small : Large, Taps, length / Taps);
        for (int row = 0; row < Product.Columns; row++)
        {
            ReadOnlySpan<float> source = canonical.Slice(row * length, length);
            for (int i = 0; i < length; i++)
            {
                values[i] = source[i];
            }

            PackRow(row, transform, values, packed);
        }
    }

    public override void Pack(ReadOnlySpan<Half> canonical, Span<byte> packed)
    {
        Check(canonical.Length, packed.Length);
        packed.Clear();
        int length = canonical.Length / Product.Columns;
        double[] values = new double[length];
        Transform transform = new(Tile == 2 ? Small : Large, Taps, length / Taps);
        for (int row = 0; row < Product.Columns; row++)
        {
            ReadOnlySpan<Half> source = canonical.Slice(row * length, length);
            for (int i = 0; i < length; i++)
            {
                values[i] = (double)source[i];
            }

            PackRow(row, transform, values, packed);
        }
    }

    private void Check(int values, int bytes)
    {
        long expected = (long)Product.Columns * Taps * Product.SourceChannels;
        if (values != expected || bytes != SizeInBytes)
        {
            throw new ShapeException($"A weight [{Product.Columns},{(IsTemporal ? "3,1,1" : "3,3")},{Product.SourceChannels}] packs {expected} values into {SizeInBytes} bytes, found {values} values and {bytes} bytes.");
        }
    }

    private void PackRow(int row, Transform transform, double[] values, Span<byte> packed)
    {
        for (int product = 0; product < Products; product++)
        {
            Span<byte> target = packed.Slice(checked((int)(product * Product.SizeInBytes)), (int)Product.SizeInBytes);
            Product.PackRow(row, transform.Apply(values, product), target);
        }
    }

    /// <summary>G g G^T of one row of kernels [9, C], or G g of [3, C], product by product.</summary>
    private sealed class Transform(double[,] g, int taps, int channels)
    {
        private readonly double[] sums = new double[channels];
        private readonly float[] result = new float[channels];

        public float[] Apply(double[] kernels, int product)
        {
            int side = g.GetLength(0);
            Array.Clear(sums);
            for (int tap = 0; tap < taps; tap++)
            {
                double factor = taps == 3 ? g[product, tap] : g[product / side, tap / 3] * g[product % side, tap % 3];
                if (factor != 0)
                {
                    Accumulate(kernels.AsSpan(tap * channels, channels), factor);
                }
            }

            for (int c = 0; c < channels; c++)
            {
                result[c] = (float)sums[c];
            }

            return result;
        }

        private void Accumulate(ReadOnlySpan<double> kernel, double factor)
        {
            Span<Vector<double>> vectors = MemoryMarshal.Cast<double, Vector<double>>(sums.AsSpan());
            ReadOnlySpan<Vector<double>> source = MemoryMarshal.Cast<double, Vector<double>>(kernel);
            for (int i = 0; i < vectors.Length; i++)
            {
                vectors[i] += source[i] * factor;
            }

            for (int c = vectors.Length * Vector<double>.Count; c < channels; c++)
            {
                sums[c] += kernel[c] * factor;
            }
        }
    }
}
