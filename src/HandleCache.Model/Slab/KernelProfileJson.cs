using System.Text.Json;
using HandleCache.Model.Json;

namespace HandleCache.Model.Slab;

/// <summary>
/// Reads a kernel profile (models/kernels/*.json), checking every field; pure, the file's name is
/// added by who read it.
/// </summary>
public static class KernelProfileJson
{
    public const int SchemaVersion = 1;

    private const int MaxStructBytes = 65536;

    /// <summary>
    /// True and the profile; or false and "field 'PATH': rule" or "line N, column M: rule".
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> utf8, out KernelProfile? profile, out string? error)
    {
        profile = null;
        using JsonDocument? document = JsonText.TryParse(utf8, out error);
        if (document is null)
            return false;
        JsonErrors errors = new();
        KernelProfile read = Read(JsonFields.Root(document.RootElement, errors));
        error = errors.First ?? (read.Validate() is { } broken ? Named(broken) : null);
        profile = error is null ? read : null;
        return error is null;
    }

    private static string Named(string broken)
    {
        int colon = broken.IndexOf(':', StringComparison.Ordinal);
        return $"field '{broken[..colon]}'{broken[colon..]}";
    }

    private static KernelProfile Read(JsonFields root)
    {
        root.RequiredInt("schemaVersion", SchemaVersion, SchemaVersion);
        string name = root.RequiredString("name");
        string release = root.RequiredString("release");
        if (!KernelVersion.TryParse(release, out KernelVersion version) && release.Length > 0)
            root.Reject("release", $"does not begin with a version: '{release}'");
        int present = root.RequiredInt("presentCpus", 1, 8192);
        int possible = root.OptionalInt("possibleCpus", 1, 8192) ?? present;

        JsonFields structs = root.RequiredObject("structs");
        int inode = ReadSize(structs, "inode");
        int forget = ReadSize(structs, "fuse_forget_link");
        JsonFields fuse = structs.RequiredObject("fuse_inode");
        int fuseBytes = fuse.RequiredInt("sizeBytes", 8, MaxStructBytes);
        int? used = fuse.OptionalInt("usedBytes", 8, MaxStructBytes);
        StructLayout? layout = ReadMembers(fuse, fuseBytes);
        if (layout is not null && used is not null && used != layout.UsedBytes)
            fuse.Reject("usedBytes", $"{used} is not where the members end, {layout.UsedBytes}");
        fuse.NoOthers();
        structs.NoOthers();

        KernelProfile profile = new()
        {
            Name = name,
            Release = release,
            Version = version,
            PageBytes = root.OptionalInt("pageBytes", 1, int.MaxValue) ?? 4096,
            CacheLineBytes = root.OptionalInt("cacheLineBytes", 1, int.MaxValue) ?? 64,
            PresentCpus = present,
            PossibleCpus = possible,
            SlabMaxOrder = root.OptionalInt("slabMaxOrder", 0, 10) ?? 3,
            SlabMinOrder = root.OptionalInt("slabMinOrder", 0, 10) ?? 0,
            SlabMinObjects =
                root.OptionalInt("slabMinObjects", 0, SlabOrder.MaxObjectsPerSlab) ?? 0,
            Memcg = root.OptionalBool("memcg") ?? true,
            VectorEntryBytes = root.OptionalInt("vectorEntryBytes", 8, 64) ?? 8,
            InodeBytes = inode,
            FuseInodeBytes = fuseBytes,
            FuseInodeUsedBytes = layout?.UsedBytes ?? used ?? fuseBytes,
            FuseInode = layout,
            ForgetLinkBytes = forget,
            Measured = ReadMeasured(root),
            Sources = ReadSources(root),
        };
        root.NoOthers();
        return profile;
    }

    private static int ReadSize(JsonFields structs, string name)
    {
        JsonFields fields = structs.RequiredObject(name);
        int size = fields.RequiredInt("sizeBytes", 8, MaxStructBytes);
        fields.NoOthers();
        return size;
    }

    private static StructLayout? ReadMembers(JsonFields fuse, int sizeBytes)
    {
        List<StructMember> members = [];
        foreach (JsonFields item in fuse.Objects("members", false))
        {
            string name = item.OptionalString("name") ?? "";
            string type = item.RequiredString("type");
            int offset = item.RequiredInt("offsetBytes", 0, MaxStructBytes);
            int size = item.RequiredInt("sizeBytes", 0, MaxStructBytes);
            int align = item.RequiredInt("alignBytes", 1, 4096);
            if (!int.IsPow2(align))
                item.Reject("alignBytes", $"{align} is not a power of two");
            item.NoOthers();
            members.Add(new StructMember(name, type, "", 8L * offset, size, align));
        }

        if (members.Count == 0)
            return null;
        StructLayout layout = new("fuse_inode", sizeBytes, members);
        if (layout.Validate() is { } broken)
            fuse.Reject("members", broken);
        return layout;
    }

    private static List<MeasuredGeometry> ReadMeasured(JsonFields root)
    {
        List<MeasuredGeometry> rows = [];
        foreach (JsonFields item in root.Objects("measured", true))
        {
            rows.Add(new MeasuredGeometry(
                item.RequiredInt("presentCpus", 1, 8192),
                item.RequiredInt("slotBytes", 8, MaxStructBytes),
                item.RequiredInt("freeTailBytes", 0, MaxStructBytes),
                item.RequiredInt("order", 0, 10),
                item.RequiredInt("objectsPerSlab", 1, SlabOrder.MaxObjectsPerSlab)));
            item.NoOthers();
        }

        return rows;
    }

    private static List<ProfileSource> ReadSources(JsonFields root)
    {
        List<ProfileSource> sources = [];
        foreach (JsonFields item in root.Objects("sources", true))
        {
            string how = item.RequiredString("how");
            if (how is not (ProfileSource.Measured or ProfileSource.Derived or ""))
                item.Reject("how", $"expected measured or derived, found '{how}'");
            sources.Add(new ProfileSource(
                item.RequiredString("what"), how, item.RequiredString("where")));
            item.NoOthers();
        }

        if (sources.Count == 0)
            root.Reject("sources", "a profile says where its numbers come from");
        return sources;
    }
}
