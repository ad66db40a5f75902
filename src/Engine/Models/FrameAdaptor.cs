using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Models;

/// <summary>MagicVideo's frame-wise adaptor: a factor and an offset for each frame and channel behind a layer that all frames share.</summary>
/// <remarks>y[f, c] = gamma[f, c] x[f, c] + beta[f, c]. Files store [F_max, C]; fewer frames use the first rows, [F_max] and [F_max, 1]
/// stand for all channels, and an absent adaptor changes nothing, so that an image model is a video model. Source: MagicVideo, 2022.</remarks>
public static class FrameAdaptor
{
    /// <summary>A convolution and its adaptor in one operation.</summary>
    /// <param name="g">The graph.</param>
    /// <param name="x">[B, F, H, W, C].</param>
    /// <param name="w">The convolution.</param>
    /// <param name="adaptor">Where `gamma` and `beta` are, or are not.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="kernel">Extent, stride and upsampling.</param>
    /// <param name="shift">Added behind the adaptor.</param>
    /// <param name="residual">Added last.</param>
    /// <param name="second">Channels behind x's.</param>
    public static Value Conv2d(
        GraphBuilder g, Value x, WeightScope w, WeightScope adaptor, int outputs, Conv2d kernel,
        Value? shift = null, Value? residual = null, Value? second = null)
    {
        int frames = x.Shape[1];
        if (!adaptor.TryGet("gamma", out _))
        {
            return g.Conv2d(x, w, outputs, kernel, shift, residual, second);
        }

        Value table = g.Parameter(
            [1 + (2 * frames), outputs], w.Get("bias", outputs).Reshape([1, outputs]), Table(adaptor, "gamma", frames, outputs), Table(adaptor, "beta", frames, outputs));
        return g.Conv2d(x, w, outputs, kernel, shift, residual, second, table);
    }

    /// <summary>gamma x + beta + addend.</summary>
    public static Value Apply(GraphBuilder g, Value x, WeightScope adaptor, Value? addend = null)
    {
        (int frames, int channels) = (x.Shape[1], x.Shape.Channels);
        Value gamma = g.Parameter([frames, channels], Table(adaptor, "gamma", frames, channels));
        Value beta = g.Parameter([frames, channels], Table(adaptor, "beta", frames, channels));
        return g.Add(new FrameAffine(), adaptor.Path, x, gamma, beta, addend);
    }

    /// <summary>x and a learned vector for each frame.</summary>
    public static Value AddPositions(GraphBuilder g, Value x, WeightScope w, string name)
        => g.Add(new FrameAffine(), (w / name).Path, x, null, g.Parameter([x.Shape[1], x.Shape.Channels], Table(w, name, x.Shape[1], x.Shape.Channels)), null);

    /// <summary>The first <paramref name="frames"/> rows of a table of frames, every row as wide as the channels.</summary>
    private static WeightTensor Table(WeightScope w, string name, int frames, int channels)
    {
        WeightTensor stored = w.Get(name);
        bool isWide = stored.Shape.Length == 2 && stored.Shape[1] == channels;
        bool isNarrow = stored.Shape.Length == 1 || (stored.Shape.Length == 2 && stored.Shape[1] == 1);
        if (!isWide && !isNarrow)
        {
            throw WeightException.WrongShape(w.Source, stored.Name, [-1, channels], stored.Shape.AsSpan());
        }

        return stored.Shape[0] >= frames
            ? new FrameRows(stored, frames, channels, isWide)
            : throw new WeightException($"{w.Source.DisplayName}: {stored.Name} is for {stored.Shape[0]} frames, not for {frames}; make a shorter video.");
    }

    /// <summary>A view of the first rows; a value stored once a frame is repeated for every channel.</summary>
    private sealed class FrameRows(WeightTensor stored, int frames, int channels, bool isWide)
        : WeightTensor(stored.Name, [frames, channels], stored.Type)
    {
        public override void ReadFloats(Span<float> destination, long first = 0)
        {
            if (isWide)
            {
                stored.ReadFloats(destination, first);
                return;
            }

            float[] values = stored.ReadFloats();
            for (int i = 0; i < destination.Length; i++)
            {
                destination[i] = values[(first + i) / Shape[1]];
            }
        }

        public override void ReadHalves(Span<Half> destination, long first = 0)
        {
            float[] values = new float[destination.Length];
            ReadFloats(values, first);
            for (int i = 0; i < values.Length; i++)
            {
                destination[i] = (Half)values[i];
            }
        }
    }
}
