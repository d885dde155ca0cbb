package typegen

import (
	"encoding/json"
	"strings"
)

// A jsonSchema describes an environment: an object of strings, in draft 2020-12.
type jsonSchema struct {
	Schema     string              `json:"$schema"`
	Comment    string              `json:"$comment"`
	Type       string              `json:"type"`
	Properties map[string]property `json:"properties"`
	Required   []string            `json:"required,omitempty"`
}

// A property is one variable. Its value is a string, whatever its type.
type property struct {
	Description      string   `json:"description,omitempty"`
	Type             string   `json:"type"`
	Enum             []string `json:"enum,omitempty"`
	Pattern          string   `json:"pattern,omitempty"`
	Format           string   `json:"format,omitempty"`
	ContentEncoding  string   `json:"contentEncoding,omitempty"`
	ContentMediaType string   `json:"contentMediaType,omitempty"`
}

// propertyOf says of a built-in type what JSON Schema can say of a string. The
// url type has no format, since it holds more than a URI.
func propertyOf(typ string) property {
	switch typ {
	case "int":
		return property{Pattern: `^[+-]?[0-9]+$`}
	case "number":
		return property{Pattern: `^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`}
	case "bool":
		return property{Enum: []string{"true", "false", "1", "0"}}
	case "url":
		return property{Pattern: `^[A-Za-z][A-Za-z0-9+.:-]*://.`}
	case "email":
		return property{Format: "email"}
	case "port":
		return property{Pattern: `^0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$`}
	case "pem":
		return property{ContentMediaType: "application/x-pem-file"}
	case "json":
		return property{ContentMediaType: "application/json"}
	case "base64":
		return property{ContentEncoding: "base64"}
	}
	return property{}
}

func writeJSONSchema(w *strings.Builder, vars []Variable, _ Options) error {
	s := jsonSchema{
		Schema: "https://json-schema.org/draft/2020-12/schema", Comment: header,
		Type: "object", Properties: map[string]property{},
	}
	for _, v := range vars {
		p := propertyOf(v.Type)
		p.Type, p.Description = "string", comment(v.Description)
		s.Properties[v.Name] = p
		if v.Required {
			s.Required = append(s.Required, v.Name)
		}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(s)
}
