using System.Diagnostics;

namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>
/// Encodes through an ffmpeg process that reads raw frames from a pipe. The process never outlives the
/// writer: it is ended with its children on dispose, on cancellation, and when it makes no progress.
/// </summary>
internal sealed class FfmpegWriter : IVideoSink
{
    /// <summary>The longest ffmpeg may take over one frame, or over the end of the file.</summary>
    private static readonly TimeSpan ProgressLimit = TimeSpan.FromMinutes(5);

    /// <summary>Exit codes above this tell of a signal: 128 + its number, or ffmpeg's own 255.</summary>
    private const int SignalExitCodes = 128;

    private readonly StagedFile _file;
    private readonly Process _process;
    private readonly Timer _watchdog;
    private readonly CancellationTokenRegistration _cancel;
    private readonly CancellationToken _cancellation;
    private readonly Queue<string> _complaints = new();
    private int _written;
    private volatile bool _stalled;

    public FfmpegWriter(
        string ffmpeg,
        VideoFormat format,
        string path,
        (int Width, int Height, int Fps) shape,
        GenerationMetadata? metadata,
        CancellationToken cancellation)
    {
        OutputPath = Path.GetFullPath(path);
        _cancellation = cancellation;
        _file = new StagedFile(path);
        _process = Ffmpeg.Start(
            ffmpeg,
            FfmpegArguments.For(format, shape.Width, shape.Height, shape.Fps, metadata, _file.StagingPath));
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.OutputDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        _watchdog = new Timer(_ => EndStalled(), null, Timeout.Infinite, Timeout.Infinite);
        _cancel = cancellation.Register(() => Ffmpeg.Kill(_process));
    }

    public string OutputPath { get; }

    /// <summary>For tests, which look whether it is really gone.</summary>
    internal int ProcessId => _process.Id;

    public void WriteFrame(ReadOnlySpan<byte> rgb)
    {
        _cancellation.ThrowIfCancellationRequested();
        _watchdog.Change(ProgressLimit, Timeout.InfiniteTimeSpan);
        try
        {
            _process.StandardInput.BaseStream.Write(rgb);
            _written++;
        }
        catch (IOException error)
        {
            throw Failure(error);
        }
        finally
        {
            _watchdog.Change(Timeout.Infinite, Timeout.Infinite);
        }
    }

    public void Complete()
    {
        try
        {
            _process.StandardInput.BaseStream.Dispose();
        }
        catch (IOException error)
        {
            throw Failure(error);
        }

        _stalled |= !_process.WaitForExit(ProgressLimit);
        if (_stalled || Drained().ExitCode != 0 || _cancellation.IsCancellationRequested)
        {
            throw Failure(null);
        }

        _file.Commit();
    }

    public void Dispose()
    {
        _cancel.Dispose();
        _watchdog.Dispose();
        Ffmpeg.Kill(_process);
        _process.Dispose();
        _file.Dispose();
    }

    /// <summary>Why ffmpeg ended before its time, as the exception to throw.</summary>
    private Exception Failure(Exception? inner)
    {
        if (!_stalled && !_process.WaitForExit(TimeSpan.FromSeconds(5)))
        {
            Ffmpeg.Kill(_process); // It closed the pipe but lives on.
        }

        // Ctrl-C in a terminal reaches ffmpeg as it reaches us, and ffmpeg may be first to act on it.
        if (!_stalled && Drained().ExitCode > SignalExitCodes)
        {
            _cancellation.WaitHandle.WaitOne(TimeSpan.FromSeconds(1));
        }

        if (_cancellation.IsCancellationRequested)
        {
            return new OperationCanceledException(_cancellation);
        }

        string reason = _stalled
            ? $"it made no progress for {ProgressLimit.TotalMinutes:0} minutes"
            : $"it ended with exit code {_process.ExitCode}";
        string said;
        lock (_complaints)
        {
            said = _complaints.Count == 0 ? "It gave no reason." : "It said: " + string.Join(" / ", _complaints);
        }

        return new MediaException(
            $"ffmpeg could not write '{OutputPath}': {reason} after {_written} frames. {said} "
            + "A path that ends in .png is written without ffmpeg.",
            inner);
    }

    /// <summary>The process once all its output has been read too.</summary>
    private Process Drained()
    {
        _process.WaitForExit();
        return _process;
    }

    private void EndStalled()
    {
        _stalled = true;
        Ffmpeg.Kill(_process);
    }

    /// <summary>Keeps the last lines of stderr, which is read on so that ffmpeg never waits for us.</summary>
    private void Keep(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        lock (_complaints)
        {
            _complaints.Enqueue(line.Trim());
            if (_complaints.Count > 5)
            {
                _complaints.Dequeue();
            }
        }
    }
}
