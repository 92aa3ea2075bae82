using HandleCache.Linux;

namespace HandleCache.Lab.Survey;

/// <summary>Sums the workers' tallies by file system: mounts of one device are one.</summary>
internal static class SurveyMounts
{
    public static IReadOnlyList<SurveyFileSystem> Group(IEnumerable<SurveyTally> tallies)
    {
        Dictionary<ulong, MountInfo> mounts = [];
        foreach (MountInfo mount in MountInfo.ReadAll())
            mounts[(ulong)mount.MountId] = mount;
        var rows = tallies.SelectMany(t => t.Counts())
            .Select(pair => (pair.Key, pair.Value, System: NameOf(mounts, pair.Key.Mount)))
            .GroupBy(row => (row.System.Type, row.System.Device));
        List<SurveyFileSystem> systems = [];
        foreach (var group in rows)
        {
            long Of(SurveyTally.Kind kind) =>
                group.Where(row => row.Key.Kind == kind).Sum(row => row.Value);
            List<SurveyLength> LengthsOf(SurveyTally.Kind kind) =>
                [.. group.Where(row => row.Key.Kind == kind)
                    .GroupBy(row => (row.Key.Type, row.Key.Bytes))
                    .Select(g => new SurveyLength(
                        g.Key.Type, g.Key.Bytes, g.Sum(row => row.Value)))
                    .OrderByDescending(length => length.Count)];

            systems.Add(new SurveyFileSystem
            {
                Type = group.Key.Type,
                Device = group.Key.Device,
                MountPoints = [.. group.Select(row => row.System.MountPoint)
                    .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
                Objects = Of(SurveyTally.Kind.Plain) + Of(SurveyTally.Kind.NoHandle),
                WithoutHandle = Of(SurveyTally.Kind.NoHandle),
                WithoutConnectable = Of(SurveyTally.Kind.NoConnectable),
                Lengths = LengthsOf(SurveyTally.Kind.Plain),
                Connectable = LengthsOf(SurveyTally.Kind.Connectable),
            });
        }

        return [.. systems.OrderByDescending(s => s.Objects)];
    }

    /// <summary>A mount that went away meanwhile keeps its number for a name.</summary>
    private static (string Type, string Device, string MountPoint) NameOf(
        Dictionary<ulong, MountInfo> mounts, ulong id) =>
        mounts.TryGetValue(id, out MountInfo? mount)
            ? (mount.FileSystemType, $"{mount.DevMajor}:{mount.DevMinor}", mount.MountPoint)
            : ("unknown", $"mount {id}", "?");
}
