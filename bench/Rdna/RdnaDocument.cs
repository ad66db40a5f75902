using System.Text;
using Hummingbird.Vulkan.Engine.Models;

namespace Hummingbird.Vulkan.Bench.Rdna;

/// <summary>docs/rdna.md: the tables of all targets and what they add up to.</summary>
public static class RdnaDocument
{
    public static string Write(IEnumerable<RdnaTable> tables)
    {
        StringBuilder text = new();
        text.AppendLine(
            """
            # What AMD's compiler makes of the kernels

            Written by `./hummingbird bench rdna --markdown docs/rdna.md`; nothing here was measured on a GPU.

            RADV, Mesa's Vulkan driver, compiles for a chip it is told to pretend to have, and reports registers, occupancy and a static
            estimate of the shader's time. `bench/rdna-budget.json` holds what every variant must keep: no spills, no scratch memory, enough
            waves to hide latency, and for what Hummingbird 0.7B runs at most 5 % more inverse throughput than recorded. `./test` compares where
            RADV 25.0 is installed and says so where it is not; `./hummingbird bench rdna --update-budget` records anew, and the diff is the review.
            A variant that nobody recorded yet is held to the rules alone, and `./test` says so.

            How to read the tables: a variant is a shader with its specialization constants. VGPRs and SGPRs are registers of a lane and of a wave,
            LDS and scratch bytes of a workgroup, waves those that fit a SIMD at once. Latency is in cycles of one wave, inverse throughput in cycles
            of a SIMD for 64 invocations; the compiler takes eight turns for every loop, so variants of one shader compare, different shaders do not.
            The other columns count instructions: matrix multiplications (wmma), dot products, packed and mixed multiply-adds, fp32 multiply-adds
            (the compiler pairs these where the chip issues two at once), and loads of single halfwords, which waste a load each.

            """);
        foreach (RdnaTable table in tables)
        {
            text.AppendLine(RdnaReport.Markdown(table, all: false));
        }

        text.AppendLine("## What that adds up to").AppendLine();
        text.AppendLine("`./hummingbird bench model --estimate NAME` for other lengths and models; every assumption stands below its table.").AppendLine();
        foreach (RdnaTable table in tables)
        {
            text.AppendLine(RdnaReport.Markdown(ModelEstimate.Create(table.Target, PublishedModels.Get("hummingbird-0.7b"), table.Statistics())));
        }

        return text.ToString().TrimEnd() + "\n";
    }
}
