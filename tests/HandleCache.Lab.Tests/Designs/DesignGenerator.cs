using HandleCache.Protocol;

namespace HandleCache.Lab.Tests.Designs;

/// <summary>Design files over all fields, right ones and wrong ones.</summary>
internal static class DesignGenerator
{
    private static readonly (string Section, (string Field, string[] Values)[] Fields)[] Sections =
    [
        ("negotiation",
        [
            ("optIn", ["\"none\"", "\"init-bit\"", "\"init-bit-and-maximum\"",
                "\"file-system-type\""]),
            ("bit", ["43", "60", "64"]),
            ("lookupOpcode", ["54", "59", "1"]),
            ("maximum", ["0", "8", "12", "64", "124", "128", "129"]),
            ("offers", ["\"bit\"", "\"opcode\""]),
        ]),
        ("handle",
        [
            ("size", ["\"u8\"", "\"u16\"", "\"u32\""]),
            ("type", ["\"none\"", "\"u16\"", "\"u32\"", "\"folded\""]),
            ("array", ["0", "16", "128"]),
            ("align", ["1", "2", "4", "8"]),
        ]),
        ("carried",
        [
            ("by", ["\"none\"", "\"lookup\"", "\"lookup-and-create\"", "\"every-request\""]),
            ("as", ["\"argument\"", "\"extension\"", "\"node-record\""]),
            ("onRevalidation", ["true", "false"]),
        ]),
        ("identity",
        [
            ("foundBy", ["\"nodeid\"", "\"handle\""]),
            ("compares", ["[]", "[\"handle\"]", "[\"type\", \"handle\"]",
                "[\"generation\", \"type\"]", "[\"generation\", \"type\", \"handle\"]"]),
            ("absent", ["\"same\"", "\"stale\"", "\"refused\""]),
            ("compared", ["\"before-overwrite\"", "\"after-overwrite\""]),
            ("longest", ["\"taken\"", "\"refused\""]),
            ("tooLong", ["\"refused\"", "\"cut\"", "\"locked\""]),
        ]),
        ("export",
        [
            ("as", ["\"nodeid\"", "\"handle\"", "\"nodeid-and-handle\""]),
            ("fixedSize", ["true", "false"]), ("asksAnew", ["true", "false"]),
        ]),
        ("storage",
        [
            ("strategy", ["\"inline:12\"", "\"pointer\"", "\"inline:20+cache:64\"", "\"none\"",
                "\"inline-only:40\"", "\"static:128\"", "\"pointer-max:64\""]),
            ("header", ["\"fanotify\"", "\"u16\"", "\"v2\"", "\"u8\""]),
            ("placement", ["\"end\"", "\"best-hole\"", "\"after:lock\""]),
            ("index", ["\"none\"", "\"inode-hash\"", "\"rhashtable\"", "\"hlist\""]),
            ("accounted", ["true", "false"]),
        ]),
    ];

    private static readonly (string Field, string[] Values)[] Plain =
    [
        ("framing", ["\"plain\"", "\"plain\"", "\"plain\"", "\"v3\"", "\"fusex\"",
            "\"fusex-compound\""]),
        ("returned", ["[]", "[\"LOOKUP\"]", "[\"LOOKUP\", \"READDIRPLUS\", \"MKDIR\"]",
            "[\"CREATE\", \"MKNOD\", \"SYMLINK\", \"LINK\", \"TMPFILE\"]"]),
        ("attributes", ["\"own-validity\"", "\"entry-validity\""]),
        ("statxFails", ["\"forgotten\"", "\"kept\""]),
        ("forget", ["\"counted\"", "\"one-per-life\""]),
    ];

    public static string Next(SplitMix64 random, int number)
    {
        List<string> members = [$"\"name\": \"random-{number}\""];
        members.AddRange(Some(Plain, random));
        foreach ((string section, (string, string[])[] fields) in Sections)
        {
            if (random.OneIn(2))
                members.Add($"\"{section}\": {{ {string.Join(", ", Some(fields, random))} }}");
        }

        return $"{{ {string.Join(",\n", members)} }}";
    }

    private static List<string> Some(
        (string Field, string[] Values)[] fields, SplitMix64 random)
    {
        List<string> some = [];
        foreach ((string field, string[] values) in fields)
        {
            if (random.OneIn(3))
                some.Add($"\"{field}\": {random.PickFrom(values)}");
        }

        return some;
    }
}
