using System.ComponentModel;
using System.Diagnostics;

namespace Hummingbird.Vulkan.Tools.ShaderBuild;

/// <summary>Runs glslc, and spirv-val where it is installed, on one variant.</summary>
public sealed class ShaderCompiler(ShaderCatalog catalog, string shaderFolder)
{
    private readonly ShaderTools tools = new(shaderFolder);

    private bool validatorIsMissing;

    /// <summary>Compiles and validates; null when all went well, the tools' own words otherwise.</summary>
    /// <remarks>The file takes its place only when it is valid, so a failed build leaves the last good one.</remarks>
    public async Task<string?> CompileAsync(ShaderVariant variant, CancellationToken cancellation)
    {
        string target = catalog.SpirvPath(variant), draft = target + ".new";
        string[] arguments =
        [
            .. ShaderCatalog.CompilerOptions,
            "-I", shaderFolder,
            .. variant.Defines.Select(d => $"-D{d.Key}={d.Value}"),
            "-o", draft,
            catalog.SourcePath(variant),
        ];
        string glslc = "glslc";
        try
        {
            (glslc, string validator) = await tools.ForAsync(variant, cancellation);
            string? error = await RunAsync(glslc, arguments, cancellation) ?? await ValidateAsync(validator, draft, cancellation);
            if (error is null)
            {
                File.Move(draft, target, overwrite: true);
            }

            return error;
        }
        catch (InvalidOperationException tooOld)
        {
            return tooOld.Message;
        }
        catch (Win32Exception missing)
        {
            return $"{glslc} could not be started ({missing.Message}). Install shaderc's glslc or set GLSLC to its path.";
        }
        finally
        {
            File.Delete(draft);
        }
    }

    private static async Task<string?> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellation);
        string output = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return process.ExitCode == 0 ? null : $"{Path.GetFileName(program)} exited with {process.ExitCode}\n{await errors}{output}".Trim();
    }

    private async Task<string?> ValidateAsync(string validator, string spirv, CancellationToken cancellation)
    {
        if (validatorIsMissing)
        {
            return null;
        }

        try
        {
            return await RunAsync(validator, ["--target-env", "vulkan1.2", "--scalar-block-layout", spirv], cancellation);
        }
        catch (Win32Exception)
        {
            validatorIsMissing = true;
            return null;
        }
    }
}
