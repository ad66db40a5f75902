using System.Reflection;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using Hummingbird.Vulkan.Kernels;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests;

/// <summary>The rules of docs/architecture.md, on what was compiled and on the sources.</summary>
public sealed partial class ArchitectureTests
{
    private const int LongestFile = 400;

    private static readonly string[] SourceFolders = ["src", "tests", "tools", "bench", "weights-converter", "samples"];

    [Fact]
    public void Kernels_know_neither_the_engine_nor_Vulkan()
    {
        Assembly kernels = typeof(Kernel).Assembly;
        Assert.DoesNotContain(kernels.GetReferencedAssemblies(), a => a.Name!.StartsWith("Hummingbird", StringComparison.Ordinal));
        AssertAtLeast(20, Sources("src/Kernels"), text => !text.Contains("DllImport", StringComparison.Ordinal) && !text.Contains("LibraryImport", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Models", "Interop Device Memory Compute Generation Media")]
    [InlineData("Schedulers", "Interop Device Memory Compute Graph Generation Media Models")]
    [InlineData("Random", "Interop Device Memory Compute Graph Generation Media Models Weights")]
    [InlineData("Text", "Interop Device Memory Compute Graph Generation Media Models")]
    [InlineData("Hub", "Interop Device Memory Compute Graph Generation Media Models Text Schedulers Random")]
    [InlineData("Weights", "Hub Interop Device Memory Compute Graph Generation Media Models")]
    [InlineData("Media", "Interop Device Memory Compute Graph Generation Models Weights")]
    [InlineData("Generation", "Interop Memory Compute Media")]
    [InlineData("Evaluation", "Interop Device Memory Compute Graph Generation Models Weights Text Schedulers Random Hub")]
    [InlineData("Memory", "Graph Generation Models Weights Text Media")]
    [InlineData("Compute", "Graph Generation Models Weights Text Media")]
    [InlineData("Device", "Graph Generation Models Weights Text Media")]
    [InlineData("Interop", "Graph Generation Models Weights Text Media")]
    public void Layers_only_look_down(string layer, string forbidden)
    {
        string[] prefixes = [.. forbidden.Split(' ').Select(f => $"Hummingbird.Vulkan.Engine.{f}")];
        using PEReader reader = new(File.OpenRead(typeof(Engine.Graph.ComputeGraph).Assembly.Location));
        (string User, string Used)[] found = [.. new TypeUses(reader).Of($"Hummingbird.Vulkan.Engine.{layer}")];
        Assert.NotEmpty(found);
        Assert.Empty(found.Where(u => prefixes.Contains(u.Used[..u.Used.LastIndexOf('.')])).Distinct().Select(u => $"{u.User} uses {u.Used}"));
    }

    [Fact]
    public void Unsafe_code_is_where_Vulkan_is_called_and_memory_is_mapped()
        => AssertAtLeast(50, Sources("src").Where(s => !UnsafeFolders().IsMatch(s.Path)), text => !UnsafeWord().IsMatch(WithoutComments(text)));

    [Fact]
    public void Noise_comes_from_TorchGenerator_alone()
        => AssertAtLeast(100, Sources(SourceFolders), text => !RandomType().IsMatch(WithoutComments(text)));

    [Fact]
    public void Files_are_short()
        => Assert.Empty(Sources(SourceFolders).Where(s => !s.Path.EndsWith(".g.cs", StringComparison.Ordinal))
            .Select(s => (s.Path, Lines: s.Text.Count(c => c == '\n'))).Where(s => s.Lines > LongestFile).Select(s => $"{s.Path}: {s.Lines} lines"));

    [Fact]
    public void Types_are_named_after_what_they_are()
        => AssertAtLeast(100, Sources(SourceFolders), text => !VagueType().IsMatch(WithoutComments(text)));

    [Fact]
    public void Nothing_is_left_to_do()
        => AssertAtLeast(100, Sources([.. SourceFolders, "shaders"]), text => !LeftToDo().IsMatch(text));

    [Fact]
    public void No_path_of_one_machine_is_written_down()
        => AssertAtLeast(100, Sources([.. SourceFolders, "shaders", "docs"]).Append(("README.md", File.ReadAllText(Path.Combine(TestData.Root, "README.md")))),
            text => !MachinePath().IsMatch(text));

    private static IEnumerable<(string Path, string Text)> Sources(params string[] folders) => folders
        .Select(f => Path.Combine(TestData.Root, f)).Where(Directory.Exists)
        .SelectMany(f => Directory.EnumerateFiles(f, "*.*", SearchOption.AllDirectories))
        .Where(f => Path.GetExtension(f) is ".cs" or ".comp" or ".glsl" or ".md" && !BuildOutput().IsMatch(f) && Path.GetFileName(f) != $"{nameof(ArchitectureTests)}.cs")
        .Select(f => (Path.GetRelativePath(TestData.Root, f), File.ReadAllText(f)));

    /// <summary>Every file passes, and there were files.</summary>
    private static void AssertAtLeast(int files, IEnumerable<(string Path, string Text)> sources, Func<string, bool> passes)
    {
        (string Path, string Text)[] all = [.. sources];
        Assert.True(all.Length >= files, $"Only {all.Length} files were found.");
        Assert.Empty(all.Where(s => !passes(s.Text)).Select(s => s.Path));
    }

    private static string WithoutComments(string text) => Comment().Replace(text, "");

    [GeneratedRegex(@"//.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"[\\/](bin|obj)[\\/]")]
    private static partial Regex BuildOutput();

    [GeneratedRegex(@"[\\/](Interop|Memory|Weights)[\\/]")]
    private static partial Regex UnsafeFolders();

    [GeneratedRegex(@"\bunsafe\b")]
    private static partial Regex UnsafeWord();

    [GeneratedRegex(@"\bSystem\.Random\b|\bnew Random\(|\bRandom\.Shared\b")]
    private static partial Regex RandomType();

    [GeneratedRegex(@"\b(class|record|struct|interface|enum)\s+\w*(Manager|Helpers?|Utils?|Utilities)\b")]
    private static partial Regex VagueType();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK)\b|NotImplementedException")]
    private static partial Regex LeftToDo();

    [GeneratedRegex(@"(?<![\w.~])/(home|root|Users|work|mnt)/|(?<!\w)[A-Z]:\\")]
    private static partial Regex MachinePath();
}
