using System.Diagnostics;
using System.Text.Json;

namespace Hummingbird.Vulkan.Bench.Rdna;

/// <summary>This program in a second process, compiling for a chip this machine need not have.</summary>
/// <remarks>RADV reads RADV_FORCE_FAMILY once, when it is loaded, and then makes up a device of that family without memory.
/// Mesa 26 dropped that, and 22.3 does not know these chips: the gate holds for 25.0 alone.</remarks>
public sealed class RadvCompiler : IDisposable
{
    /// <summary>What Mesa calls the versions whose numbers the budget holds.</summary>
    public const string Version = "Mesa 25.0.";

    /// <summary>Why the gate cannot run, word for word.</summary>
    public const string Absent = "RADV 25.0.x is not on this machine";

    private readonly Process process;

    private RadvCompiler(Process process, CompilerIdentity identity) => (this.process, Identity) = (process, identity);

    public CompilerIdentity Identity { get; }

    /// <summary>Starts the first RADV of this version that this machine has; null without one.</summary>
    /// <param name="target">What to compile for.</param>
    /// <param name="child">How this program is started as <see cref="CompileChild"/>.</param>
    public static RadvCompiler? Start(RdnaTarget target, IReadOnlyList<string> child)
    {
        foreach (string manifest in Manifests())
        {
            RadvCompiler? started = TryStart(target, child, manifest);
            if (started?.Identity.Driver.Contains(Version) ?? false)
            {
                return started;
            }

            started?.Dispose();
        }

        return null;
    }

    /// <summary>Compiles one shader.</summary>
    /// <exception cref="InvalidOperationException">The compiler ended: the message says on which job and with which words.</exception>
    public CompileResult Compile(CompileJob job)
    {
        string what = $"{job} with {job.SubgroupSize} lanes";
        try
        {
            process.StandardInput.WriteLine(JsonSerializer.Serialize(job, RdnaJson.Default.CompileJob));
            process.StandardInput.Flush();
        }
        catch (IOException e)
        {
            throw new InvalidOperationException($"{Identity.Device}: the compiler was gone before {what}.", e);
        }

        return process.StandardOutput.ReadLine() is { } line
            ? JsonSerializer.Deserialize(line, RdnaJson.Default.CompileResult)!
            : throw new InvalidOperationException($"{Identity.Device}: the compiler ended while it compiled {what}.");
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            process.Kill();
        }

        process.Dispose();
    }

    /// <summary>RADV's manifests: beside the driver the environment names, in the checkout's own folder, the system's.</summary>
    internal static IEnumerable<string> Manifests()
    {
        string named = Environment.GetEnvironmentVariable("VK_DRIVER_FILES") ?? Environment.GetEnvironmentVariable("VK_ICD_FILENAMES") ?? "";
        IEnumerable<string> folders =
        [
            .. named.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(f => Path.GetDirectoryName(Path.GetFullPath(f))!),
            .. Checkout() is { } root ? new[] { Path.Combine(root, ".tools", "mesa") } : [],
            "/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d",
        ];
        return folders.Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, "radeon_icd*.json").Order(StringComparer.Ordinal)).Distinct();
    }

    /// <summary>The checkout this program was built in; null when it was moved elsewhere.</summary>
    public static string? Checkout()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Hummingbird.Vulkan.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName;
    }

    private static RadvCompiler? TryStart(RdnaTarget target, IReadOnlyList<string> child, string manifest)
    {
        ProcessStartInfo start = new(child[0], child.Skip(1))
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        start.Environment["RADV_FORCE_FAMILY"] = target.Family;
        start.Environment["VK_DRIVER_FILES"] = manifest;
        start.Environment["VK_ICD_FILENAMES"] = manifest;
        start.Environment["MESA_SHADER_CACHE_DISABLE"] = "true";
        Process started = Process.Start(start)!;
        // What RADV says of its missing hardware is of no interest, but must not fill the pipe.
        started.ErrorDataReceived += (_, _) => { };
        started.BeginErrorReadLine();
        if (started.StandardOutput.ReadLine() is { } line)
        {
            return new(started, JsonSerializer.Deserialize(line, RdnaJson.Default.CompilerIdentity)!);
        }

        started.WaitForExit();
        started.Dispose();
        return null;
    }
}
