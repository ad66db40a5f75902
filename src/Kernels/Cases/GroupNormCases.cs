namespace Hummingbird.Vulkan.Kernels.Cases;

public static partial class ConformanceCases
{
    private static IEnumerable<ConformanceCase> GroupNormCases()
    {
        GroupNorm perFrame = new(32, 1e-5f, Activation.Silu), allFrames = perFrame with { Scope = NormScope.AllFrames };
        GroupNorm bare = new(32, 1e-6f), eight = new(8, 1e-5f, Activation.Silu);
        (GroupNorm Kernel, CaseInput X, CaseInput X2)[] rows =
        [
            (perFrame, CaseInput.X([1, 2, 40, 64, 320]), CaseInput.Absent),                     // U-Net, level 0
            (perFrame, CaseInput.X([1, 2, 10, 16, 1280], mean: 3), CaseInput.Absent),           // a mean far from zero
            (perFrame, CaseInput.X([2, 1, 20, 32, 640]), CaseInput.X([2, 1, 20, 32, 320])),     // a skip behind it: 30 channels a group,
            (perFrame, CaseInput.X([1, 2, 5, 8, 1280]), CaseInput.X([1, 2, 5, 8, 640])),        // 60: groups hold both sources
            (perFrame, CaseInput.X([1, 2, 3, 5, 40]), CaseInput.X([1, 2, 3, 5, 24], 2, 5)),     // and sources that differ much
            (allFrames, CaseInput.X([1, 16, 5, 8, 1280]), CaseInput.Absent),                    // temporal convolutions
            (allFrames, CaseInput.X([2, 4, 10, 16, 320], mean: 3), CaseInput.Absent),
            (allFrames, CaseInput.X([1, 26, 3, 5, 64]), CaseInput.Absent),
            (allFrames, CaseInput.X([1, 1, 6, 4, 32]), CaseInput.Absent),                       // nano: one channel a group
            (bare, CaseInput.X([1, 1, 40, 64, 512]), CaseInput.Absent),                         // VAE
            (bare, CaseInput.X([1, 1, 96, 128, 128]), CaseInput.Absent),
            (bare, CaseInput.X([1, 2, 6, 5, 64], paddingColumns: 32), CaseInput.X([1, 2, 6, 5, 32], paddingColumns: 8)),
            (eight, CaseInput.X([1, 3, 1, 1, 24]), CaseInput.Absent),                           // one pixel
            (eight with { Groups = 1 }, CaseInput.X([1, 2, 4, 4, 13]), CaseInput.Absent),       // channels not a multiple of 4
            (eight with { Groups = 3 }, CaseInput.X([2, 7, 9, 15], mean: 100), CaseInput.Absent),
            (eight with { Groups = 4 }, CaseInput.X([1, 2, 16, 24, 8]), CaseInput.Absent),      // a short chunk beside a long one
            (eight with { Groups = 4 }, CaseInput.X([1, 17_000, 1, 2, 4]), CaseInput.Absent),   // more groups than one dimension of workgroups
        ];
        return rows.SelectMany(r =>
        {
            int channels = r.X.Shape.Channels + (r.X2.Kind == InputKind.Absent ? 0 : r.X2.Shape.Channels);
            return InEveryStorage(r.Kernel, weights: false, r.X, CaseInput.P([channels], 0.2f, 1), CaseInput.P([channels], 0.2f), r.X2);
        });
    }
}
