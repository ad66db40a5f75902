using System.Numerics;
using System.Runtime.InteropServices;

namespace Hummingbird.Vulkan.Kernels.Reference;

/// <summary>What the references of matmul, conv2d and conv3d share: dot products in fp64, and what follows a product.</summary>
internal static class Products
{
    /// <summary>The sum of the products of two rows, in fp64.</summary>
    public static double Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        Vector<double> sums = Vector<double>.Zero;
        ReadOnlySpan<Vector<float>> a = MemoryMarshal.Cast<float, Vector<float>>(left), b = MemoryMarshal.Cast<float, Vector<float>>(right);
        for (int i = 0; i < a.Length; i++)
        {
            Vector.Widen(a[i], out Vector<double> lowA, out Vector<double> highA);
            Vector.Widen(b[i], out Vector<double> lowB, out Vector<double> highB);
            sums += (lowA * lowB) + (highA * highB);
        }

        double sum = Vector.Sum(sums);
        for (int i = a.Length * Vector<float>.Count; i < left.Length; i++)
        {
            sum += (double)left[i] * right[i];
        }

        return sum;
    }

    /// <summary>activation(product + bias + shift) + residual for one value of the output; with frames, factor * (product + bias) + offset
    /// in place of product + bias.</summary>
    /// <param name="inputs">2 bias, 3 shift [G, N], 4 residual; null where absent.</param>
    public static float Finish(double product, HostTensor?[] inputs, HostTensor output, long row, int column, Activation activation)
    {
        double value = product;
        if (inputs[2] is { } bias)
        {
            value += bias.Row(0)[column];
            if (bias.Shape.Rank == 2)
            {
                int frames = bias.Shape[0] / 2, frame = (int)(row / ((long)output.Shape[-3] * output.Shape[-2]) % frames);
                value = (value * bias.Row(1 + frame)[column]) + bias.Row(1 + frames + frame)[column];
            }
        }

        if (inputs[3] is { } shift)
        {
            value += shift.Row(row / (output.Shape.Rows / shift.Shape[0]))[column];
        }

        value = Functions.Apply(activation, value);
        return (float)(inputs[4] is { } residual ? value + residual.Row(row)[column] : value);
    }
}
