namespace Hummingbird.Vulkan.Engine.Interop;

internal sealed unsafe partial class DeviceApi
{
    public ShaderModule CreateShaderModule(ReadOnlySpan<byte> spirv)
    {
        // SPIR-V is a stream of 32-bit words; a resource's bytes need not be aligned for that.
        uint[] words = new uint[spirv.Length / sizeof(uint)];
        spirv.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(words.AsSpan()));
        fixed (uint* code = words)
        {
            var create = new ShaderModuleCreateInfo { CodeSize = (nuint)spirv.Length, PCode = code };
            ShaderModule module;
            Check(vk.CreateShaderModule(handle, &create, null, &module), "vkCreateShaderModule");
            return module;
        }
    }

    public void DestroyShaderModule(ShaderModule module) => vk.DestroyShaderModule(handle, module, null);

    public PipelineCache CreatePipelineCache(ReadOnlySpan<byte> initialData)
    {
        fixed (byte* data = initialData)
        {
            var create = new PipelineCacheCreateInfo { InitialDataSize = (nuint)initialData.Length, PInitialData = data };
            PipelineCache cache;
            Check(vk.CreatePipelineCache(handle, &create, null, &cache), "vkCreatePipelineCache");
            return cache;
        }
    }

    public void DestroyPipelineCache(PipelineCache cache) => vk.DestroyPipelineCache(handle, cache, null);

    public byte[] DataOf(PipelineCache cache)
    {
        nuint size = 0;
        Check(vk.GetPipelineCacheData(handle, cache, &size, null), "vkGetPipelineCacheData");
        byte[] data = new byte[size];
        fixed (byte* first = data)
        {
            Check(vk.GetPipelineCacheData(handle, cache, &size, first), "vkGetPipelineCacheData");
        }

        return data.Length == (int)size ? data : data[..(int)size];
    }

    public PipelineLayout CreatePipelineLayout(int pushSizeInBytes)
    {
        var range = new PushConstantRange { StageFlags = ShaderStageFlags.ComputeBit, Size = (uint)pushSizeInBytes };
        var create = new PipelineLayoutCreateInfo
        {
            PushConstantRangeCount = pushSizeInBytes > 0 ? 1u : 0u,
            PPushConstantRanges = &range,
        };
        PipelineLayout layout;
        Check(vk.CreatePipelineLayout(handle, &create, null, &layout), "vkCreatePipelineLayout");
        return layout;
    }

    public void DestroyPipelineLayout(PipelineLayout layout) => vk.DestroyPipelineLayout(handle, layout, null);

    /// <param name="module">Entry point <c>main</c>.</param>
    /// <param name="constants">Values of the specialization constants 0, 1, 2 ...</param>
    /// <param name="requiredSubgroupSize">0 leaves it to the driver.</param>
    /// <param name="capture">What of the compiler's findings to keep: <see cref="StatisticsOf"/>, <see cref="RepresentationsOf"/>.</param>
    public Pipeline CreateComputePipeline(
        ShaderModule module, PipelineLayout layout, PipelineCache cache, ReadOnlySpan<int> constants, int requiredSubgroupSize, PipelineCreateFlags capture)
    {
        SpecializationMapEntry* entries = stackalloc SpecializationMapEntry[constants.Length];
        for (int i = 0; i < constants.Length; i++)
        {
            entries[i] = new() { ConstantID = (uint)i, Offset = (uint)(i * sizeof(int)), Size = sizeof(int) };
        }

        fixed (int* values = constants)
        fixed (byte* entryPoint = "main\0"u8)
        {
            var specialization = new SpecializationInfo
            {
                MapEntryCount = (uint)constants.Length,
                PMapEntries = entries,
                DataSize = (nuint)(constants.Length * sizeof(int)),
                PData = values,
            };
            var subgroup = new PipelineShaderStageRequiredSubgroupSizeCreateInfo { RequiredSubgroupSize = (uint)requiredSubgroupSize };
            var create = new ComputePipelineCreateInfo
            {
                // Every dispatch can be split by the host: a GPU's time limit is for one dispatch too.
                Flags = PipelineCreateFlags.DispatchBaseBit | capture,
                Stage = new()
                {
                    PNext = requiredSubgroupSize > 0 ? &subgroup : null,
                    Stage = ShaderStageFlags.ComputeBit,
                    Module = module,
                    PName = entryPoint,
                    PSpecializationInfo = constants.Length > 0 ? &specialization : null,
                },
                Layout = layout,
                BasePipelineIndex = -1,
            };
            Pipeline pipeline;
            Check(vk.CreateComputePipelines(handle, cache, 1, &create, null, &pipeline), "vkCreateComputePipelines");
            return pipeline;
        }
    }

    public void DestroyPipeline(Pipeline pipeline) => vk.DestroyPipeline(handle, pipeline, null);

    /// <summary>What the driver's compiler says of a pipeline (registers, spills, ...), as name and value.</summary>
    public IReadOnlyList<(string Name, double Value)> StatisticsOf(Pipeline pipeline)
    {
        if (vk.GetPipelineExecutableStatisticsKHR is null)
        {
            return [];
        }

        var info = new PipelineExecutableInfoKHR { Pipeline = pipeline };
        uint count = 0;
        Check(vk.GetPipelineExecutableStatisticsKHR(handle, &info, &count, null), "vkGetPipelineExecutableStatisticsKHR");
        var statistics = new PipelineExecutableStatisticKHR[count];
        Array.Fill(statistics, new());
        fixed (PipelineExecutableStatisticKHR* first = statistics)
        {
            Check(vk.GetPipelineExecutableStatisticsKHR(handle, &info, &count, first), "vkGetPipelineExecutableStatisticsKHR");
        }

        return [.. statistics.Select(s => (NativeText.Of(s.Name), s.Format switch
        {
            PipelineExecutableStatisticFormatKHR.Bool32Khr => s.Value.B32 ? 1.0 : 0.0,
            PipelineExecutableStatisticFormatKHR.Int64Khr => s.Value.I64,
            PipelineExecutableStatisticFormatKHR.Uint64Khr => s.Value.U64,
            _ => s.Value.F64,
        }))];
    }

    /// <summary>The driver's own texts of a pipeline (intermediate forms, assembly) by name.</summary>
    public IReadOnlyList<(string Name, string Text)> RepresentationsOf(Pipeline pipeline)
    {
        if (vk.GetPipelineExecutableInternalRepresentationsKHR is null)
        {
            return [];
        }

        const string Call = "vkGetPipelineExecutableInternalRepresentationsKHR";
        var info = new PipelineExecutableInfoKHR { Pipeline = pipeline };
        uint count = 0;
        Check(vk.GetPipelineExecutableInternalRepresentationsKHR(handle, &info, &count, null), Call);
        var texts = new PipelineExecutableInternalRepresentationKHR[count];
        Array.Fill(texts, new());
        fixed (PipelineExecutableInternalRepresentationKHR* first = texts)
        {
            // Without room the driver says how much each needs.
            Check(vk.GetPipelineExecutableInternalRepresentationsKHR(handle, &info, &count, first), Call);
            byte[][] rooms = [.. texts.Select(t => GC.AllocateArray<byte>((int)t.DataSize + 1, pinned: true))];
            for (int i = 0; i < rooms.Length; i++)
            {
                first[i].PData = (void*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(rooms[i], 0);
            }

            Check(vk.GetPipelineExecutableInternalRepresentationsKHR(handle, &info, &count, first), Call);
            return [.. texts.Select((t, i) => (NativeText.Of(t.Name), NativeText.Of(rooms[i])))];
        }
    }
}
