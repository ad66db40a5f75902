using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>How a frame of latents is cut for the decoder: whole, or into overlapping tiles where memory is short.</summary>
/// <remarks>The decoder's norms look at a whole frame, so that tiles come out a little different; the overlap hides the seams.</remarks>
/// <param name="Frame">The whole video's latents.</param>
/// <param name="TileHeight">Latents; the frame's own when it is whole.</param>
/// <param name="TileWidth">Latents.</param>
/// <param name="PixelsPerLatent">Along each side.</param>
public sealed record FrameTiles(LatentSize Frame, int TileHeight, int TileWidth, int PixelsPerLatent)
{
    private static readonly int[] Sides = [96, 64, 48, 32, 24, 16];

    public bool IsWhole => TileHeight == Frame.Height && TileWidth == Frame.Width;

    /// <summary>Extents of what the decoder's graph is built for.</summary>
    public LatentSize TileSize => Frame with { Height = TileHeight, Width = TileWidth };

    /// <summary>Tiles of a frame.</summary>
    public int Count => Starts(Frame.Height, TileHeight).Length * Starts(Frame.Width, TileWidth).Length;

    /// <summary>Where tiles begin: a quarter of a tile overlaps at least, and the last ends with the frame.</summary>
    public static int[] Starts(int length, int tile)
    {
        if (tile >= length)
        {
            return [0];
        }

        int stride = tile - (tile / 4), count = ((length - tile + stride - 1) / stride) + 1;
        return [.. Enumerable.Range(0, count).Select(i => i * (length - tile) / (count - 1))];
    }

    /// <summary>The largest tiles whose graph fits; the smallest there are when none does.</summary>
    public static FrameTiles Choose(AutoencoderKL vae, StorageTypes storage, LatentSize size, GraphPlanner planner)
    {
        FrameTiles tiles = new(size, size.Height, size.Width, vae.Factor);
        foreach (int side in Sides.Prepend(int.MaxValue).Where(s => s == int.MaxValue || s < Math.Max(size.Height, size.Width)))
        {
            tiles = tiles with { TileHeight = Math.Min(side, size.Height), TileWidth = Math.Min(side, size.Width) };
            GraphLayout layout = planner.Plan(Decoding.BuildFrame(vae, storage, tiles.TileSize));
            if (planner.Fits(layout) && layout.Stream is null)
            {
                break;
            }
        }

        return tiles;
    }

    /// <summary>How much a tile counts at each of its pixels along one side: less and less over the overlap, everything at the frame's edges.</summary>
    public static float[] Weights(int pixels, int ramp, bool beginsFrame, bool endsFrame)
    {
        float[] weights = new float[pixels];
        for (int i = 0; i < pixels; i++)
        {
            float left = beginsFrame ? 1 : (i + 0.5f) / ramp, right = endsFrame ? 1 : (pixels - i - 0.5f) / ramp;
            weights[i] = Math.Min(1, Math.Min(left, right));
        }

        return weights;
    }
}

/// <summary>Decodes one frame after the other with one executor, tile by tile.</summary>
internal sealed class TiledFrame
{
    private readonly IGraphExecutor executor;
    private readonly FrameTiles tiles;
    private readonly float[] latents, image, sums, weights, read, overflows = new float[1];
    private readonly byte[] rgb;

    public TiledFrame(IGraphExecutor executor, FrameTiles tiles)
    {
        (this.executor, this.tiles) = (executor, tiles);
        LatentSize tile = tiles.TileSize;
        latents = new float[tile.Count / tile.Frames];
        image = new float[executor.Graph.Output("image").Shape.Count];
        int pixels = tiles.Frame.Height * tiles.Frame.Width * tiles.PixelsPerLatent * tiles.PixelsPerLatent;
        (rgb, read) = (new byte[3 * pixels], new float[tiles.IsWhole ? 3 * pixels : 0]);
        (sums, weights) = tiles.IsWhole ? ([], []) : (new float[3 * pixels], new float[pixels]);
    }

    /// <summary>The frame last decoded: RGB8 [H, W, 3].</summary>
    public ReadOnlySpan<byte> Rgb => rgb;

    /// <param name="frame">[h, w, C], unscaled.</param>
    /// <returns>False when a value overflowed.</returns>
    public bool Decode(float[] frame, CancellationToken cancellation)
    {
        if (tiles.IsWhole)
        {
            return Run(frame, cancellation) && ReadBytes();
        }

        Array.Clear(sums);
        Array.Clear(weights);
        foreach (int y in FrameTiles.Starts(tiles.Frame.Height, tiles.TileHeight))
        {
            foreach (int x in FrameTiles.Starts(tiles.Frame.Width, tiles.TileWidth))
            {
                CutOut(frame, y, x);
                if (!Run(latents, cancellation))
                {
                    return false;
                }

                executor.Read("image", image);
                Blend(y, x);
            }
        }

        for (int i = 0; i < rgb.Length; i++)
        {
            // As kernel to_rgb8 does.
            rgb[i] = (byte)((Math.Clamp(sums[i] / weights[i / 3], -1f, 1f) + 1f) / 2f * 255f);
        }

        return true;
    }

    private bool Run(float[] input, CancellationToken cancellation)
    {
        executor.Write("latents", input);
        executor.Run(cancellation);
        executor.Read("overflows", overflows);
        return overflows[0] == 0;
    }

    private bool ReadBytes()
    {
        executor.Read("rgb", read);
        for (int i = 0; i < read.Length; i++)
        {
            rgb[i] = (byte)read[i];
        }

        return true;
    }

    private void CutOut(float[] frame, int y, int x)
    {
        int row = tiles.TileWidth * tiles.Frame.Channels;
        for (int i = 0; i < tiles.TileHeight; i++)
        {
            frame.AsSpan((((y + i) * tiles.Frame.Width) + x) * tiles.Frame.Channels, row).CopyTo(latents.AsSpan(i * row));
        }
    }

    private void Blend(int y, int x)
    {
        int factor = tiles.PixelsPerLatent, width = tiles.TileWidth * factor, height = tiles.TileHeight * factor, across = tiles.Frame.Width * factor;
        float[] down = FrameTiles.Weights(height, height / 4, y == 0, y + tiles.TileHeight == tiles.Frame.Height);
        float[] along = FrameTiles.Weights(width, width / 4, x == 0, x + tiles.TileWidth == tiles.Frame.Width);
        for (int i = 0; i < height; i++)
        {
            for (int j = 0; j < width; j++)
            {
                float weight = down[i] * along[j];
                int to = (((y * factor) + i) * across) + (x * factor) + j, from = (i * width) + j;
                weights[to] += weight;
                for (int c = 0; c < 3; c++)
                {
                    sums[(3 * to) + c] += weight * image[(3 * from) + c];
                }
            }
        }
    }
}
