using Hummingbird.Vulkan.Engine.Media;

namespace Hummingbird.Vulkan.Engine.Evaluation;

/// <summary>Clips as strips, one below the other: evenly spaced frames from left to right.</summary>
public sealed class ContactSheet(int columns)
{
    private const int Gap = 2, MaxRows = 64;
    private const byte Grey = 70;

    private readonly List<Clip> rows = [];

    /// <summary>Takes one more strip; the sheet ends after 64. All must have the size of the first.</summary>
    public void Add(Clip clip)
    {
        if (rows.Count < MaxRows && (rows.Count == 0 || (rows[0].Width, rows[0].Height) == (clip.Width, clip.Height)))
        {
            rows.Add(clip);
        }
    }

    /// <exception cref="InvalidOperationException">There is no strip.</exception>
    public void Save(string path)
    {
        if (rows.Count == 0)
        {
            throw new InvalidOperationException("A contact sheet needs a clip.");
        }

        (int w, int h) = (rows[0].Width, rows[0].Height);
        int width = (columns * (w + Gap)) - Gap, height = (rows.Count * (h + Gap)) - Gap;
        byte[] rgb = new byte[width * height * 3];
        Array.Fill(rgb, Grey);
        for (int row = 0; row < rows.Count; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                ReadOnlySpan<byte> frame = rows[row].Frame(columns == 1 ? 0 : column * (rows[row].Count - 1) / (columns - 1));
                for (int y = 0; y < h; y++)
                {
                    frame.Slice(y * w * 3, w * 3).CopyTo(rgb.AsSpan(((((row * (h + Gap)) + y) * width) + (column * (w + Gap))) * 3));
                }
            }
        }

        using FileStream file = File.Create(path);
        PngWriter.Write(file, width, height, rgb);
    }
}
