using System.Buffers.Binary;

namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>
/// Animated PNG, endless loop. From the second frame on only the rectangle that changed is stored. A
/// video of one frame is a plain PNG.
/// </summary>
/// <remarks>PNG specification, third edition, section 11.3.6 (acTL, fcTL, fdAT).</remarks>
internal sealed class ApngWriter : IVideoSink
{
    private readonly StagedFile _file;
    private readonly FileStream _stream;
    private readonly (int Width, int Height, int Fps, int Frames) _shape;
    private readonly GenerationMetadata? _metadata;
    private readonly byte[] _previous;
    private int _written;
    private int _sequence;

    public ApngWriter(string path, int width, int height, int fps, int frames, GenerationMetadata? metadata)
    {
        _shape = (width, height, fps, frames);
        _previous = new byte[width * height * 3];
        OutputPath = Path.GetFullPath(path);
        _file = new StagedFile(path);
        _stream = _file.Create();
        _metadata = metadata;
    }

    public string OutputPath { get; }

    public void WriteFrame(ReadOnlySpan<byte> rgb)
    {
        if (_written == 0)
        {
            WriteStart();
        }

        var area = _written == 0 ? new PixelArea(0, 0, _shape.Width, _shape.Height) : ChangedArea(rgb);
        byte[] image = PngFilter.Compress(rgb, _shape.Width, area);
        if (_shape.Frames > 1)
        {
            WriteFrameControl(area);
        }

        if (_written == 0)
        {
            PngChunks.Write(_stream, "IDAT", image);
        }
        else
        {
            byte[] data = new byte[image.Length + 4];
            BinaryPrimitives.WriteInt32BigEndian(data, _sequence++);
            image.CopyTo(data, 4);
            PngChunks.Write(_stream, "fdAT", data);
        }

        rgb.CopyTo(_previous);
        _written++;
    }

    public void Complete()
    {
        PngChunks.Write(_stream, "IEND", []);
        _stream.Dispose();
        _file.Commit();
    }

    public void Dispose()
    {
        try
        {
            _stream.Dispose(); // Writes what is buffered, which fails on a full disk.
        }
        finally
        {
            _file.Dispose();
        }
    }

    private void WriteStart()
    {
        PngWriter.WriteStart(_stream, _shape.Width, _shape.Height);
        if (_shape.Frames > 1)
        {
            Span<byte> control = stackalloc byte[8]; // Number of frames, number of plays (0: for ever).
            control.Clear();
            BinaryPrimitives.WriteInt32BigEndian(control, _shape.Frames);
            PngChunks.Write(_stream, "acTL", control);
        }

        PngWriter.WriteMetadata(_stream, _metadata);
    }

    private void WriteFrameControl(PixelArea area)
    {
        Span<byte> control = stackalloc byte[26];
        BinaryPrimitives.WriteInt32BigEndian(control, _sequence++);
        BinaryPrimitives.WriteInt32BigEndian(control[4..], area.Width);
        BinaryPrimitives.WriteInt32BigEndian(control[8..], area.Height);
        BinaryPrimitives.WriteInt32BigEndian(control[12..], area.X);
        BinaryPrimitives.WriteInt32BigEndian(control[16..], area.Y);
        BinaryPrimitives.WriteUInt16BigEndian(control[20..], 1); // Delay: 1 / fps seconds.
        BinaryPrimitives.WriteUInt16BigEndian(control[22..], (ushort)_shape.Fps);
        control[24] = 0; // Leave the frame when its time is over,
        control[25] = 0; // and overwrite the rectangle with the next.
        PngChunks.Write(_stream, "fcTL", control);
    }

    /// <summary>The smallest rectangle that holds all changes since the last frame; one pixel when there are none.</summary>
    private PixelArea ChangedArea(ReadOnlySpan<byte> rgb)
    {
        int rowBytes = _shape.Width * 3;
        int top = _shape.Height, bottom = -1, left = rowBytes, right = -1;
        for (int y = 0; y < _shape.Height; y++)
        {
            var now = rgb.Slice(y * rowBytes, rowBytes);
            var before = _previous.AsSpan(y * rowBytes, rowBytes);
            int first = now.CommonPrefixLength(before);
            if (first == rowBytes)
            {
                continue;
            }

            int last = rowBytes - 1;
            while (now[last] == before[last])
            {
                last--;
            }

            (top, bottom) = (Math.Min(top, y), y);
            (left, right) = (Math.Min(left, first), Math.Max(right, last));
        }

        return bottom < 0
            ? new PixelArea(0, 0, 1, 1)
            : new PixelArea(left / 3, top, (right / 3) - (left / 3) + 1, bottom - top + 1);
    }
}
