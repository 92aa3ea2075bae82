namespace HandleCache.Cli.Design;

/// <summary>
/// The JSON schema (draft 2020-12) of a design file. The reader, which also checks what fields say
/// together, is Model/Designs/DesignJson; a test holds the two to the same words.
/// </summary>
internal static class DesignSchema
{
    public const string Text = """
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "title": "A design of file handles in fuse_inode (JSON with comments)",
          "type": "object",
          "required": ["name"],
          "additionalProperties": false,
          "properties": {
            "name": { "type": "string", "pattern": "^[A-Za-z0-9._-]+$" },
            "summary": { "type": "string", "minLength": 1 },
            "framing": { "enum": ["plain", "v3", "fusex", "fusex-compound"] },
            "negotiation": {
              "type": "object",
              "additionalProperties": false,
              "properties": {
                "optIn": {
                  "enum": ["none", "init-bit", "init-bit-and-maximum", "file-system-type"]
                },
                "bit": { "type": "integer", "minimum": 0, "maximum": 63 },
                "lookupOpcode": { "type": "integer", "minimum": 1, "maximum": 4095 },
                "maximum": { "type": "integer", "minimum": 0, "maximum": 128 },
                "offers": { "enum": ["bit", "opcode"] }
              }
            },
            "handle": {
              "type": "object",
              "additionalProperties": false,
              "properties": {
                "size": { "enum": ["u8", "u16", "u32"] },
                "type": { "enum": ["none", "u16", "u32", "folded"] },
                "array": { "type": "integer", "minimum": 0, "maximum": 128 },
                "align": { "enum": [1, 2, 4, 8] }
              }
            },
            "returned": {
              "type": "array",
              "items": {
                "enum": [
                  "LOOKUP", "CREATE", "MKNOD", "MKDIR", "SYMLINK", "LINK", "TMPFILE",
                  "READDIRPLUS"
                ]
              }
            },
            "carried": {
              "type": "object",
              "additionalProperties": false,
              "properties": {
                "by": { "enum": ["none", "lookup", "lookup-and-create", "every-request"] },
                "as": { "enum": ["argument", "extension", "node-record"] },
                "onRevalidation": { "type": "boolean" }
              }
            },
            "identity": {
              "type": "object",
              "additionalProperties": false,
              "properties": {
                "foundBy": { "enum": ["nodeid", "handle"] },
                "compares": {
                  "type": "array",
                  "items": { "enum": ["generation", "type", "handle"] }
                },
                "absent": { "enum": ["same", "stale", "refused"] },
                "compared": { "enum": ["before-overwrite", "after-overwrite"] },
                "longest": { "enum": ["taken", "refused"] },
                "tooLong": { "enum": ["refused", "cut", "locked"] }
              }
            },
            "attributes": { "enum": ["own-validity", "entry-validity"] },
            "statxFails": { "enum": ["forgotten", "kept"] },
            "forget": { "enum": ["counted", "one-per-life"] },
            "export": {
              "type": "object",
              "additionalProperties": false,
              "properties": {
                "as": { "enum": ["nodeid", "handle", "nodeid-and-handle"] },
                "fixedSize": { "type": "boolean" },
                "asksAnew": { "type": "boolean" }
              }
            },
            "storage": {
              "type": "object",
              "additionalProperties": false,
              "properties": {
                "strategy": {
                  "type": "string",
                  "pattern": "^(none|pointer|[a-z-]+:[0-9]+([+]cache:[0-9]+)?)$"
                },
                "header": { "enum": ["fanotify", "u16", "v2", "u8"] },
                "placement": { "type": "string", "pattern": "^(end|best-hole|after:.+)$" },
                "index": { "enum": ["none", "inode-hash", "rhashtable", "hlist"] },
                "accounted": { "type": "boolean" }
              }
            }
          }
        }

        """;
}
