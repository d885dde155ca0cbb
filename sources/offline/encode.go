package offline

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aside-cli/aside/sources"
)

// kept is what a file holds, in the clear.
type kept struct {
	Saved  time.Time   `json:"saved"`
	Values []keptValue `json:"values"`
}

// A keptValue is a [sources.Value] from a store. Its layer has a name, because
// the numbers of layers may change from one version of the program to another.
type keptValue struct {
	Name    string   `json:"name"`
	Value   []byte   `json:"value"` // may be no UTF-8
	Layer   string   `json:"layer"`
	Source  string   `json:"source"`
	Line    int      `json:"line,omitempty"`
	Column  int      `json:"column,omitempty"`
	Version string   `json:"version,omitempty"`
	Shared  bool     `json:"shared,omitempty"`
	Group   []string `json:"group,omitempty"`
}

// layers are those that a store has: sst-v2 holds parameters beside secrets.
var layers = []sources.Layer{sources.Stage, sources.Type, sources.Fallback, sources.Parameter}

func encode(values []sources.Value, saved time.Time) ([]byte, error) {
	k := kept{Saved: saved.UTC(), Values: make([]keptValue, len(values))}
	for i, v := range values {
		if v.Template != nil || !slices.Contains(layers, v.Origin.Layer) {
			return nil, fmt.Errorf("%s is no value of a store", v.Name)
		}
		k.Values[i] = keptValue{
			Name: v.Name, Value: []byte(v.Secret.Reveal()), Layer: v.Origin.Layer.String(), Source: v.Origin.Source,
			Line: v.Origin.Line, Column: v.Origin.Column, Version: v.Origin.Version, Shared: v.Origin.Shared, Group: v.Group,
		}
	}
	return json.Marshal(k)
}

func decode(plain []byte) ([]sources.Value, time.Time, error) {
	var k kept
	if json.Unmarshal(plain, &k) != nil { // whose error may quote a value
		return nil, time.Time{}, errors.New("its content is not understood")
	}
	values := make([]sources.Value, len(k.Values))
	for i, v := range k.Values {
		layer := slices.IndexFunc(layers, func(l sources.Layer) bool { return l.String() == v.Layer })
		if layer < 0 {
			return nil, time.Time{}, fmt.Errorf("it holds a value of the layer %.20q", v.Layer)
		}
		values[i] = sources.Value{
			Name: v.Name, Secret: sources.NewSecret(string(v.Value)), Group: v.Group,
			Origin: sources.Origin{
				Layer: layers[layer], Source: v.Source, Line: v.Line, Column: v.Column, Version: v.Version, Shared: v.Shared,
			},
		}
	}
	return values, k.Saved, nil
}
