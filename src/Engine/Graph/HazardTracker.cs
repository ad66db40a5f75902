namespace Hummingbird.Vulkan.Engine.Graph;

/// <summary>Decides where a memory barrier is needed: only between operations that touch the same bytes, one of them writing.</summary>
/// <remarks>Values share memory once their lifetimes are over, so bytes are compared, not values.</remarks>
public sealed class HazardTracker
{
    private readonly List<(ulong Start, ulong End, bool Writes)> pending = [];

    /// <summary>Forgets everything: a barrier or a new submit stands before what follows.</summary>
    public void Clear() => pending.Clear();

    /// <summary>Whether touching these bytes must wait for what is pending.</summary>
    public bool Conflicts(ulong address, long sizeInBytes, bool writes)
    {
        ulong end = address + (ulong)sizeInBytes;
        foreach ((ulong otherStart, ulong otherEnd, bool otherWrites) in pending)
        {
            if ((writes || otherWrites) && address < otherEnd && otherStart < end)
            {
                return true;
            }
        }

        return false;
    }

    public void Add(ulong address, long sizeInBytes, bool writes) => pending.Add((address, address + (ulong)sizeInBytes, writes));
}
