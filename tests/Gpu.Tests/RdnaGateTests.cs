using System.Collections.Immutable;
using Hummingbird.Vulkan.Bench.Rdna;
using Xunit;

namespace Hummingbird.Vulkan.Gpu.Tests;

/// <summary>Every kernel variant compiled for AMD's integrated GPUs, against bench/rdna-budget.json.</summary>
/// <remarks>Needs RADV 25.0, but no GPU. Where it is missing the tests say so in a line that ./test repeats at its end.</remarks>
public sealed class RdnaGateTests
{
    public static TheoryData<string> Targets() => [.. RdnaTarget.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_variant_holds_its_budget(string name)
    {
        RdnaTarget target = RdnaTarget.Get(name);
        RdnaTable? table = RdnaTable.Compile(target, ShaderVariant.Of(target.Plan()), Child());
        if (table is null)
        {
            Console.WriteLine($"not run: RDNA gate {name}: {RadvCompiler.Absent}");
            Assert.Empty(PrivateDrivers());
            return;
        }

        Assert.NotEmpty(table.Rows);
        RdnaBudget budget = RdnaBudget.Parse(File.ReadAllText(RdnaBudget.File!));
        if (budget.Unrecorded(table) is { Length: > 0 } unrecorded)
        {
            Console.WriteLine($"not run: RDNA gate {name}: {unrecorded.Length} of {table.Rows.Count(r => r.Variant.IsInModel)} throughputs are not recorded, such as that of {unrecorded[0].Use}; hummingbird bench rdna --update-budget does");
        }

        ImmutableArray<string> violations = budget.Violations(table);
        Assert.True(violations.IsEmpty, string.Join('\n', violations));
    }

    /// <summary>A driver the launcher unpacked must have been found: only without one is the gate excused.</summary>
    private static IEnumerable<string> PrivateDrivers()
    {
        string folder = Path.Combine(RadvCompiler.Checkout()!, ".tools", "mesa");
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "libvulkan_radeon.so", SearchOption.AllDirectories) : [];
    }

    /// <summary>The command line beside this program, as the compiling process.</summary>
    private static string[] Child()
    {
        string host = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(host) == "dotnet";
        return [isHost ? host : "dotnet", Path.Combine(AppContext.BaseDirectory, "hummingbird.dll"), "bench", "rdna", "--compile-child"];
    }
}
