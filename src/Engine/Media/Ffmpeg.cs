using System.Diagnostics;

namespace Hummingbird.Vulkan.Engine.Media;

/// <summary>Finds the ffmpeg programs and runs them for short questions.</summary>
public static class Ffmpeg
{
    private static readonly TimeSpan QuestionLimit = TimeSpan.FromSeconds(20);

    /// <summary>The absolute path of <c>ffmpeg</c> (or <c>ffprobe</c>), or null when it is not on the PATH.</summary>
    /// <param name="searchPath">Folders to look in, separated as in PATH; null means PATH. Relative ones do not count.</param>
    public static string? Find(string program = "ffmpeg", string? searchPath = null)
    {
        searchPath ??= Environment.GetEnvironmentVariable("PATH") ?? string.Empty;
        string name = OperatingSystem.IsWindows() ? program + ".exe" : program;
        foreach (string folder in searchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            if (Path.IsPathFullyQualified(folder) && IsExecutable(Path.Combine(folder, name)))
            {
                return Path.Combine(folder, name);
            }
        }

        return null;
    }

    /// <summary>The encoder a format needs, as ffmpeg calls it.</summary>
    internal static string EncoderOf(VideoFormat format) => format switch
    {
        VideoFormat.Mp4 => "libx264",
        VideoFormat.WebM => "libvpx-vp9",
        VideoFormat.Gif => "gif",
        VideoFormat.WebP => "libwebp_anim",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "This format needs no ffmpeg."),
    };

    /// <summary>True when this ffmpeg was built with <paramref name="encoder"/>.</summary>
    internal static bool HasEncoder(string ffmpeg, string encoder) =>
        Ask(ffmpeg, ["-hide_banner", "-loglevel", "error", "-encoders"])?
            .Split('\n')
            .Any(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var name, ..] && name == encoder)
        ?? false;

    /// <summary>What the program prints on stdout, or null when it fails or takes too long.</summary>
    internal static string? Ask(string program, IEnumerable<string> arguments)
    {
        using var process = Start(program, arguments);
        process.StandardInput.Close();
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        // On the thread pool, so that a program that neither writes nor ends cannot hold us.
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(QuestionLimit) || !output.Wait(QuestionLimit))
        {
            Kill(process);
            return null;
        }

        return process.ExitCode == 0 ? output.Result : null;
    }

    internal static Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new MediaException($"'{program}' could not be started: {error.Message}.", error);
        }
    }

    /// <summary>Ends the process and its children, now, and waits until it is gone.</summary>
    internal static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself in the meantime.
        }

        process.WaitForExit(TimeSpan.FromSeconds(5));
    }

    private static bool IsExecutable(string path) =>
        File.Exists(path)
        && (OperatingSystem.IsWindows()
            || (File.GetUnixFileMode(path)
                & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute))
                != UnixFileMode.None);
}
