namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>The columns [start, start + count) of a matrix [N, K] as a weight [N, count]: a layer over concatenated inputs, input by input.</summary>
/// <remarks>Source: fan-out of torch.nn.Linear over torch.cat.</remarks>
internal sealed class WeightColumns(WeightTensor matrix, int start, int count)
    : WeightTensor($"{matrix.Name}[{start}:{start + count}]", [matrix.Shape[0], count], matrix.Type)
{
    private readonly int columns = matrix.Shape[1];
    private readonly int width = count;

    public override void ReadFloats(Span<float> destination, long first = 0) => Read(destination, first, matrix.ReadFloats);

    public override void ReadHalves(Span<Half> destination, long first = 0) => Read(destination, first, matrix.ReadHalves);

    private delegate void Reader<T>(Span<T> destination, long first);

    private void Read<T>(Span<T> destination, long first, Reader<T> read)
    {
        while (!destination.IsEmpty)
        {
            (long row, long column) = Math.DivRem(first, width);
            int length = (int)Math.Min(width - column, destination.Length);
            read(destination[..length], (row * columns) + start + column);
            destination = destination[length..];
            first += length;
        }
    }
}
