using System.Collections.Concurrent;
using Hummingbird.Vulkan.Tools.ShaderBuild;

// Compiles what shaders/variants.json lists into shaders/spirv. Only what changed, unless --force.
// --check needs no compiler: it fails when a source and its SPIR-V drifted apart.
const string Usage = "usage: ShaderBuild [--force | --check] [SHADERS_FOLDER]";

string[] options = [.. args.Where(a => a.StartsWith('-'))];
string[] folders = [.. args.Where(a => !a.StartsWith('-'))];
if (options.Any(o => o is not ("--force" or "--check")) || folders.Length > 1)
{
    Console.Error.WriteLine(Usage);
    return 2;
}

string folder = Path.GetFullPath(folders.Length == 1 ? folders[0] : FindShaders());
ShaderCatalog catalog = new(folder);
return options.Contains("--check") ? Check() : await BuildAsync(options.Contains("--force"));

int Check()
{
    IReadOnlyList<string> drift = catalog.FindDrift();
    foreach (string line in drift)
    {
        Console.Error.WriteLine(line);
    }

    Console.Error.WriteLine(drift.Count == 0
        ? $"{catalog.Variants.Length} variants are what their sources say."
        : $"{drift.Count} of shaders/spirv drifted: run  dotnet run --project tools/ShaderBuild");
    return drift.Count == 0 ? 0 : 1;
}

async Task<int> BuildAsync(bool force)
{
    Directory.CreateDirectory(catalog.SpirvFolder);
    foreach (string orphan in catalog.Orphans())
    {
        Console.WriteLine($"remove  {Path.GetFileName(orphan)}");
        File.Delete(orphan);
    }

    IReadOnlyDictionary<string, string> recorded = catalog.RecordedHashes();
    ConcurrentDictionary<string, string> hashes = new();
    ConcurrentBag<string> failures = [];
    ShaderCompiler compiler = new(catalog, folder);
    await Parallel.ForEachAsync(catalog.Variants, async (variant, cancellation) =>
    {
        string hash = catalog.Hash(variant);
        bool current = !force && recorded.GetValueOrDefault(variant.Name) == hash && File.Exists(catalog.SpirvPath(variant));
        if (!current && await compiler.CompileAsync(variant, cancellation) is { } error)
        {
            failures.Add($"{variant.Name}: {error}");
            return;
        }

        hashes[variant.Name] = hash;
        Console.WriteLine($"{(current ? "current" : "compile")} {variant.Name}");
    });

    catalog.Record(hashes);
    foreach (string failure in failures.Order(StringComparer.Ordinal))
    {
        Console.Error.WriteLine(failure);
    }

    return failures.IsEmpty ? 0 : 1;
}

static string FindShaders()
{
    for (DirectoryInfo? folder = new(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
    {
        string candidate = Path.Combine(folder.FullName, "shaders");
        if (File.Exists(Path.Combine(candidate, "variants.json")))
        {
            return candidate;
        }
    }

    throw new DirectoryNotFoundException($"No shaders/variants.json in {Environment.CurrentDirectory} or above it; name the folder.");
}
