using System.ComponentModel;
using System.Diagnostics;

namespace Hummingbird.Vulkan.Tools.ShaderBuild;

/// <summary>Which glslc and spirv-val serve a variant: the system's, or newer ones in .tools/glslc beside the shaders folder.</summary>
/// <remarks>GLSLC in the environment stands for the system's glslc.</remarks>
internal sealed class ShaderTools(string shaderFolder)
{
    private readonly string systemGlslc = Environment.GetEnvironmentVariable("GLSLC") is { Length: > 0 } path ? path : "glslc";
    private readonly string privateFolder = Path.Combine(Path.GetDirectoryName(shaderFolder)!, ".tools", "glslc", "bin");
    private Task<Version?>? systemVersion;

    /// <exception cref="InvalidOperationException">The variant needs a newer glslc than there is; the message says how to get one.</exception>
    public async Task<(string Glslc, string Validator)> ForAsync(ShaderVariant variant, CancellationToken cancellation)
    {
        if (variant.Glslc is null)
        {
            return (systemGlslc, "spirv-val");
        }

        string glslc = Path.Combine(privateFolder, "glslc");
        if (File.Exists(glslc))
        {
            return (glslc, Path.Combine(privateFolder, "spirv-val"));
        }

        Version? found = await (systemVersion ??= VersionAsync(systemGlslc, cancellation));
        return found >= variant.Glslc
            ? (systemGlslc, "spirv-val")
            : throw new InvalidOperationException(
                $"it needs glslc {variant.Glslc} or newer, and {systemGlslc} is {found?.ToString() ?? "not there"}. On Debian tools/get_glslc.sh puts one into .tools/glslc; elsewhere set GLSLC to its path.");
    }

    // The first line reads: shaderc v2023.2 2023.2-1
    private static async Task<Version?> VersionAsync(string glslc, CancellationToken cancellation)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(glslc, ["--version"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
            string text = await process.StandardOutput.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            string[] words = text.Split([' ', '\n', '-'], StringSplitOptions.RemoveEmptyEntries);
            return words.Length > 1 && Version.TryParse(words[1].TrimStart('v'), out Version? version) ? version : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
