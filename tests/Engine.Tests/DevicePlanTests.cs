using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Kernels;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests;

public sealed class DevicePlanTests
{
    private const long GiB = 1L << 30;

    [Theory]
    [InlineData("lavapipe-22.3.6", MatrixFamily.Gather, 8, 0, DType.F32, DType.F16, 0, true)]
    [InlineData("lavapipe-25.0.7", MatrixFamily.Gather, 8, 0, DType.F32, DType.F16, 0, true)]
    [InlineData("lavapipe-26.2.6", MatrixFamily.LoadVector, 8, 0, DType.F32, DType.F16, 0, true)]
    [InlineData("radv-rembrandt-680m", MatrixFamily.TiledPacked, 32, 32, DType.F16, DType.F16, 1, true)]
    [InlineData("radv-phoenix-780m", MatrixFamily.CoopMatrix, 32, 32, DType.F16, DType.F16, 1, true)]
    [InlineData("radv-gfx1151-8060s", MatrixFamily.CoopMatrix, 32, 32, DType.F16, DType.F16, 1, true)]
    [InlineData("nvidia-h100", MatrixFamily.CoopMatrix, 32, 0, DType.F16, DType.F16, 2, false)]
    public void Each_device_gets_its_plan(
        string name, MatrixFamily matrix, int subgroup, int required, DType activations, DType weights, int queue, bool isDirect)
    {
        DevicePlan plan = DevicePlan.Decide(DeviceSnapshots.Load(name), new());
        Assert.Equal(matrix, plan.Target.Matrix);
        Assert.Equal(subgroup, plan.Target.SubgroupSize);
        Assert.Equal(required, plan.RequiredSubgroupSize);
        Assert.Equal(activations, plan.ActivationType);
        Assert.Equal(weights, plan.WeightType);
        Assert.Equal(queue, plan.QueueFamily);
        Assert.Equal(isDirect, plan.IsDirect);
        Assert.Equal(matrix is MatrixFamily.Gather or MatrixFamily.LoadVector, plan.Target.IsCpu);
        Assert.Equal(65_535, plan.Target.MaxWorkgroupCount);
        Assert.Equal(64, plan.TimestampValidBits);
        Assert.Equal(GiB, plan.ChunkSizeInBytes);
        Assert.Equal(2 * GiB, plan.MaxBufferSizeInBytes);
        Assert.InRange(plan.SubmitAim, TimeSpan.FromMilliseconds(1), plan.SubmitLimit);
        Assert.InRange(plan.SubmitLimit, plan.SubmitAim, TimeSpan.FromMilliseconds(500));
    }

    [Theory]
    [InlineData("lavapipe-22.3.6", 21.19)] // 90 % of the host: the driver's 2 GiB heap is made up
    [InlineData("lavapipe-25.0.7", 21.19)]
    [InlineData("radv-rembrandt-680m", 7.60)] // both heaps: the device-local one alone has two thirds
    [InlineData("radv-phoenix-780m", 15.20)]
    [InlineData("radv-gfx1151-8060s", 59.38)]
    [InlineData("nvidia-h100", 79.10)] // memory of the device only, not the host's
    public void The_budget_counts_the_usable_heaps(string name, double budgetGiB)
    {
        DevicePlan plan = DevicePlan.Decide(DeviceSnapshots.Load(name), new());
        Assert.Equal(budgetGiB, plan.MemoryBudgetInBytes / (double)GiB, 0.01);
    }

    [Fact]
    public void The_budget_is_lowered_by_what_is_used_and_by_the_user()
    {
        DeviceSnapshot device = DeviceSnapshots.H100;
        DeviceSnapshot busy = device with { Heaps = [device.Heaps[0] with { UsageInBytes = 70ul << 30 }, device.Heaps[1]] };
        Assert.Equal(9.10, DevicePlan.Decide(busy, new()).MemoryBudgetInBytes / (double)GiB, 0.01);
        Assert.Equal(4 * GiB, DevicePlan.Decide(device, new() { MaxMemoryGiB = 4 }).MemoryBudgetInBytes);
        Assert.Equal(9.10, DevicePlan.Decide(busy, new() { MaxMemoryGiB = 40 }).MemoryBudgetInBytes / (double)GiB, 0.01);
        Assert.Throws<DeviceUnsuitableException>(() => DevicePlan.Decide(device, new() { MaxMemoryGiB = 0 }));
        Assert.Throws<DeviceUnsuitableException>(() => DevicePlan.Decide(device, new() { MaxMemoryGiB = double.NaN }));
        DeviceSnapshot silent = device with { Heaps = [.. device.Heaps.Select(h => h with { BudgetInBytes = null, UsageInBytes = null })] };
        Assert.Equal(0.8 * 81_559 / 1024, DevicePlan.Decide(silent, new()).MemoryBudgetInBytes / (double)GiB, 0.01);
    }

    [Fact]
    public void Memory_types_are_ordered_for_their_use()
    {
        MemoryTypeChoices apu = MemoryTypeChoices.For(DeviceSnapshots.Radeon780M);
        Assert.Equal([2, 0, 1, 3], apu.Device);
        Assert.Equal(3, apu.Readback[0]);
        MemoryTypeChoices discrete = MemoryTypeChoices.For(DeviceSnapshots.H100);
        Assert.Equal([1, 4], discrete.Device);
        Assert.Equal(2, discrete.Staging[0]);
        Assert.Equal(3, discrete.Readback[0]);
        MemoryTypeChoices cpu = MemoryTypeChoices.For(DeviceSnapshots.Lavapipe25);
        Assert.Equal([0], cpu.Device);
        Assert.Equal([0], cpu.Staging);
        Assert.Equal([0], cpu.Readback);
    }

    [Theory]
    [InlineData(Precision.Fp32, DType.F32)]
    [InlineData(Precision.Fp16, DType.F16)]
    public void A_precision_asked_for_is_used(Precision precision, DType type)
    {
        foreach (string name in DeviceSnapshots.Names)
        {
            DevicePlan plan = DevicePlan.Decide(DeviceSnapshots.Load(name), new() { Precision = precision });
            Assert.Equal(type, plan.ActivationType);
            Assert.Equal(type, plan.WeightType);
        }
    }

    [Theory]
    [InlineData(true, false, "shaderFloat16")]
    [InlineData(false, true, "storageBuffer16BitAccess")]
    public void Without_16_bit_support_a_gpu_runs_in_fp32_and_fp16_is_an_error(bool stores, bool computes, string missing)
    {
        DeviceSnapshot device = DeviceSnapshots.Radeon680M;
        device = device with { Features = device.Features with { StorageBuffer16BitAccess = stores, ShaderFloat16 = computes } };
        DevicePlan plan = DevicePlan.Decide(device, new());
        Assert.Equal(DType.F32, plan.ActivationType);
        Assert.Contains(plan.Decisions, d => d.What == "activations" && d.Reason.Contains(missing, StringComparison.Ordinal));
        var error = Assert.Throws<DeviceUnsuitableException>(() => DevicePlan.Decide(device, new() { Precision = Precision.Fp16 }));
        Assert.Contains(missing, error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, Func<DeviceSnapshot, DeviceSnapshot>> Lacks => new()
    {
        { "Vulkan 1.1.0", d => d with { ApiVersion = "1.1.0" } },
        { "bufferDeviceAddress", d => d with { Features = d.Features with { BufferDeviceAddress = false } } },
        { "shaderInt64", d => d with { Features = d.Features with { ShaderInt64 = false } } },
        { "timelineSemaphore", d => d with { Features = d.Features with { TimelineSemaphore = false } } },
        { "scalarBlockLayout", d => d with { Features = d.Features with { ScalarBlockLayout = false } } },
        { "subgroup operation Shuffle", d => d with { Subgroup = d.Subgroup with { Operations = ["Basic", "Ballot"] } } },
        { "subgroup operations in compute", d => d with { Subgroup = d.Subgroup with { InCompute = false } } },
        { "a compute queue", d => d with { QueueFamilies = [new(1, true, false, true, 64)] } },
        { "host-visible coherent memory", d => d with { MemoryTypes = [new(0, IsDeviceLocal: true)] } },
    };

    [Theory]
    [MemberData(nameof(Lacks), DisableDiscoveryEnumeration = true)]
    public void What_a_device_lacks_is_named(string lacking, Func<DeviceSnapshot, DeviceSnapshot> without)
    {
        DeviceSnapshot device = without(DeviceSnapshots.Radeon780M);
        Assert.Contains(lacking, Assert.Single(DevicePlan.Missing(device)), StringComparison.Ordinal);
        var error = Assert.Throws<DeviceUnsuitableException>(() => DevicePlan.Decide(device, new()));
        Assert.Contains(lacking, error.Message, StringComparison.Ordinal);
        Assert.Contains(device.Name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Extensions_and_features_are_enabled_where_they_are_needed()
    {
        DeviceSnapshot device = DeviceSnapshots.Radeon780M;
        DevicePlan plan = DevicePlan.Decide(device, new());
        Assert.Equal(["VK_EXT_memory_budget", "VK_KHR_cooperative_matrix"], plan.Extensions);
        Assert.True(plan.Features.CooperativeMatrix);
        Assert.False(plan.Features.PipelineExecutableInfo);
        DevicePlan older = DevicePlan.Decide(device with { ApiVersion = "1.2.200" }, new() { PipelineStatistics = true });
        Assert.Equal(
            ["VK_EXT_memory_budget", "VK_EXT_subgroup_size_control", "VK_KHR_maintenance4", "VK_KHR_cooperative_matrix", "VK_KHR_pipeline_executable_properties"], older.Extensions);
        Assert.True(older.Features.PipelineExecutableInfo);
        Assert.Equal(device.Features, older.Features);
    }

    [Theory]
    [InlineData("radv-phoenix-780m", 64)]
    [InlineData("radv-gfx1151-8060s", 64)]
    [InlineData("nvidia-h100", 32)]
    public void Cooperative_matrices_are_used_in_the_size_the_device_has(string name, int subgroup)
        => Assert.Equal(new CooperativeTile(16, 16, 16, subgroup), DevicePlan.Decide(DeviceSnapshots.Load(name), new()).Target.Cooperative);

    [Fact]
    public void Other_sizes_are_taken_where_they_fit_the_kernels()
    {
        DeviceSnapshot device = DeviceSnapshots.H100;
        CooperativeTile? Tile(params (int M, int N, int K)[] sizes) => DevicePlan.Decide(
            device with { CooperativeMatrices = [.. sizes.Select(s => new CooperativeMatrixShape(s.M, s.N, s.K, "f16", "f16", "f32", "f32", "Subgroup"))] }, new()).Target.Cooperative;
        Assert.Equal(new(16, 8, 16, 32), Tile((8, 8, 8), (16, 8, 16)));
        Assert.Equal(new(16, 16, 16, 32), Tile((32, 32, 16), (16, 16, 16)));
        Assert.Null(Tile((16, 12, 16)));
        Assert.Null(Tile((16, 16, 64)));
        Assert.Null(Tile((64, 64, 16)));
        Assert.Null(Tile());
    }

    [Fact]
    public void Without_cooperative_matrices_of_fp16_in_fp32_tiles_are_multiplied_one_by_one()
    {
        DeviceSnapshot device = DeviceSnapshots.Radeon780M;
        DeviceSnapshot[] lacking =
        [
            device with { CooperativeMatrices = [.. device.CooperativeMatrices.Where(m => m.Result != "f32")] },
            device with { Features = device.Features with { CooperativeMatrix = false } },
            device with { Extensions = device.Extensions.Remove("VK_KHR_cooperative_matrix") },
        ];
        foreach (DeviceSnapshot without in lacking)
        {
            DevicePlan plan = DevicePlan.Decide(without, new());
            Assert.Equal(MatrixFamily.TiledPacked, plan.Target.Matrix);
            Assert.Equal(MatrixFamily.Tiled, DevicePlan.Decide(without with { VendorId = 0x10DE }, new()).Target.Matrix);
            Assert.Null(plan.Target.Cooperative);
            Assert.False(plan.Features.CooperativeMatrix);
            Assert.DoesNotContain("VK_KHR_cooperative_matrix", plan.Extensions);
            Assert.Contains(without.Name, Assert.Throws<DeviceUnsuitableException>(
                () => DevicePlan.Decide(without, new() { Matrix = MatrixFamily.CoopMatrix })).Message, StringComparison.Ordinal);
        }

        Assert.Equal(MatrixFamily.Tiled, DevicePlan.Decide(device, new() { Precision = Precision.Fp32 }).Target.Matrix);
    }

    [Fact]
    public void Intel_gets_narrower_subgroups_and_a_fixed_size_is_left_alone()
    {
        DeviceSnapshot device = DeviceSnapshots.Radeon780M;
        DeviceSnapshot intel = device with { VendorId = 0x8086, Subgroup = device.Subgroup with { Size = 32, MinSize = 8, MaxSize = 32 } };
        Assert.Equal(16, DevicePlan.Decide(intel, new()).Target.SubgroupSize);
        DeviceSnapshot wave64 = device with { Subgroup = device.Subgroup with { MinSize = 64 } };
        DevicePlan plan = DevicePlan.Decide(wave64, new());
        Assert.Equal((64, 0), (plan.Target.SubgroupSize, plan.RequiredSubgroupSize));
        DeviceSnapshot fixedSize = device with { Subgroup = device.Subgroup with { IsSizeSelectable = false } };
        Assert.Equal((64, 0), (DevicePlan.Decide(fixedSize, new()).Target.SubgroupSize, DevicePlan.Decide(fixedSize, new()).RequiredSubgroupSize));
    }

    [Fact]
    public void Small_limits_of_a_device_bound_its_buffers()
    {
        DeviceSnapshot device = DeviceSnapshots.Radeon780M;
        DevicePlan plan = DevicePlan.Decide(device with { Limits = device.Limits with { MaxMemoryAllocationSize = 300 << 20 } }, new());
        Assert.Equal(300 << 20, plan.ChunkSizeInBytes);
        Assert.Equal(300 << 20, plan.MaxBufferSizeInBytes);
        Assert.Equal(0, DevicePlan.Decide(device with { Limits = device.Limits with { TimestampPeriod = 0 } }, new()).TimestampValidBits);
    }

    [Fact]
    public void Every_decision_has_a_reason_and_the_plan_is_pure()
    {
        foreach (string name in DeviceSnapshots.Names)
        {
            DevicePlan plan = DevicePlan.Decide(DeviceSnapshots.Load(name), new());
            Assert.All(plan.Decisions, d => Assert.True(d.What.Length > 0 && d.Choice.Length > 0 && d.Reason.Length > 0));
            Assert.Equal(plan.Decisions.Length, plan.Decisions.Select(d => d.What).Distinct().Count());
            Assert.Equal(plan.Decisions, DevicePlan.Decide(DeviceSnapshots.Load(name), new()).Decisions);
        }
    }

    [Theory]
    [InlineData("Mesa 25.3.9 (LLVM 20.1.2)", 25, MatrixFamily.Gather)]
    [InlineData("Mesa 26.0.0-devel (git-0123456789)", 26, MatrixFamily.LoadVector)]
    [InlineData("Mesa 100.1", 100, MatrixFamily.LoadVector)]
    [InlineData("Mesa 26", 26, MatrixFamily.LoadVector)]
    [InlineData("Mesa git", 0, MatrixFamily.Gather)]
    [InlineData("26.2.6", 0, MatrixFamily.Gather)]
    public void Lavapipe_loads_vectors_from_mesa_26_on(string driverInfo, int major, MatrixFamily family)
    {
        DeviceSnapshot device = DeviceSnapshots.Lavapipe25 with { DriverInfo = driverInfo };
        Assert.Equal(major, device.MesaMajor);
        Assert.Equal(family, DevicePlan.Decide(device, new()).Target.Matrix);
        Assert.Equal(MatrixFamily.Gather, DevicePlan.Decide(device with { DriverId = "GoogleSwiftshader" }, new()).Target.Matrix);
    }

    [Theory]
    [InlineData(16, 16)]
    [InlineData(32, 32)]
    [InlineData(null, 32)] // snapshots from before it was read
    public void Cpu_drivers_have_the_hosts_vector_registers(int? host, int expected)
    {
        Assert.Equal(expected, DevicePlan.Decide(DeviceSnapshots.Lavapipe25 with { HostVectorRegisters = host }, new()).Target.VectorRegisters);
        Assert.Equal(32, DevicePlan.Decide(DeviceSnapshots.Load("nvidia-h100") with { HostVectorRegisters = host }, new()).Target.VectorRegisters);
    }

    [Fact]
    public void Options_override_what_they_name()
    {
        DevicePlan plan = DevicePlan.Decide(DeviceSnapshots.Lavapipe25, new() { Matrix = MatrixFamily.Tiled, ForceStaging = true });
        Assert.Equal(MatrixFamily.Tiled, plan.Target.Matrix);
        Assert.False(plan.IsDirect);
        Assert.Equal(2, plan.Decisions.Count(d => d.Reason == "asked for"));
    }
}
