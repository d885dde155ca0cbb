package docgen

import (
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/aside-cli/aside/cmd/internal/schema"
)

const (
	variable = `^[A-Za-z_][A-Za-z0-9_]{0,255}$`
	app      = `^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`
	stage    = `^[A-Za-z0-9][A-Za-z0-9-]{0,63}$`
)

// keys say of every key of aside.yaml what its type does not: what it is for,
// and which texts it takes.
func keys() map[string]jsonschema.Schema {
	says := func(text string) jsonschema.Schema { return jsonschema.Schema{Description: text} }
	names := func(text, pattern string) jsonschema.Schema {
		return jsonschema.Schema{Description: text, PropertyNames: &jsonschema.Schema{Pattern: pattern}}
	}
	matching := func(text, pattern string) jsonschema.Schema {
		return jsonschema.Schema{Description: text, Pattern: pattern}
	}
	oneOf := func(text string, words ...any) jsonschema.Schema {
		return jsonschema.Schema{Description: text, Enum: words}
	}
	return map[string]jsonschema.Schema{
		"app":   matching("what secrets are kept under; default: the folder's name", app),
		"stage": matching("the stage without --stage; default: dev", stage),
		"store": says("where secrets are kept; default: local"),
		"poll":  says("how often a remote store is asked for changes; default: 30s"),
		"cache": says("whether what a remote store held is kept for when it cannot be reached; default: on, and off in production"),

		"aws":          says("how AWS is reached; default: as every AWS tool does"),
		"aws.region":   says("the region, as in eu-central-1"),
		"aws.profile":  says("the profile of ~/.aws/config"),
		"aws.endpoint": matching("the URL of another endpoint, as of an emulator", `^($|[Hh][Tt][Tt][Pp][Ss]?://[^/?#])`),
		"aws.kms-key":  says("the key that encrypts what is written: an ID, ARN or alias"),

		"ssm":        says("how the store ssm names its parameters"),
		"ssm.prefix": says("the path before the names, with {app} and {scope} in place of theirs"),
		"ssm.case":   oneOf("upper: names become capitals, as chamber has them; default: keep", "upper", "keep"),

		"stages":         names("what is known of stages, by name or glob", `^[A-Za-z0-9*?\[\]^-]+$`),
		"stages.*.type":  says("how strict aside is there, and which secrets the stage shares with others"),
		"stages.*.store": says("where the secrets of this stage are kept"),
		"stages.*.poll":  says("how often the store of this stage is asked for changes"),

		"parameters": names("plain values, below everything else", variable),

		"secrets":               names("what is known of secrets, by their names in the store", variable),
		"secrets.*.required":    says("a command does not start without it, but in stages of type local and development"),
		"secrets.*.description": says("what it is, for people"),
		"secrets.*.env":         matching("the variable that it becomes; default: its name", variable),
		"secrets.*.type":        says(strings.Join(schema.BuiltinNames(), ", ") + ", or one of types:"),
		"secrets.*.flatten":     says("also make a variable of each member of the JSON object that it is"),
		"secrets.*.on-change":   matching("what a change does: restart, signal:NAME or ignore", `^(restart|ignore|signal:.+)$`),
		"secrets.*.as":          oneOf("how it reaches the command: as a variable, or in a file or descriptor that NAME_FILE names; default: env", "env", "file", "fd"),
		"secrets.*.path":        matching("where its file is to lie (as: file), from the folder of aside.yaml; default: in a private folder in memory", `.`),
		"secrets.*.mask":        says("false: aside run --mask lets it through"),

		"types":          says("types of values, by name"),
		"types.*.schema": matching("the file of a JSON Schema (draft 2020-12), from the folder of aside.yaml", `.`),

		"links":      says("which service gets which secrets: aside run --link NAME"),
		"undeclared": oneOf("what is done with stored secrets that are not declared; default: they are used", "ignore", "warn", "error"),
	}
}
