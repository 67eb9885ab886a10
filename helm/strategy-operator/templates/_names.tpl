{{/* Names and labels. Every name here must be the same in install, upgrade and the NOTES. */}}

{{- define "strategy.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "strategy.operatorName" -}}{{ include "strategy.fullname" . }}{{- end -}}
{{- define "strategy.apiName" -}}{{ include "strategy.fullname" . }}-api{{- end -}}
{{- define "strategy.gatewayName" -}}{{ include "strategy.fullname" . }}-market-gateway{{- end -}}
{{- define "strategy.connectionsName" -}}{{ include "strategy.fullname" . }}-connections{{- end -}}

{{/* Labels that never change: selectors. Argument: dict "root" . "component" name */}}
{{- define "strategy.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* What the operator puts on runner pods. */}}
{{- define "strategy.runnerLabels" -}}
app.kubernetes.io/name: strategy-runner
app.kubernetes.io/managed-by: strategy-operator
{{- end -}}

{{- define "strategy.labels" -}}
{{ include "strategy.selectorLabels" . }}
app.kubernetes.io/part-of: strategy-operator
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/* Argument: dict "root" . "image" .Values.images.operator */}}
{{- define "strategy.image" -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}

{{/* The namespaces strategies may live in, as JSON {items: [{name, owners, live, create}]}: the release's own when none is named. */}}
{{- define "strategy.namespaces" -}}
{{- $items := list -}}
{{- range .Values.strategyNamespaces | default (list (dict "name" .Release.Namespace)) -}}
{{- $items = append $items (dict "name" .name "owners" (.owners | default list) "live" (.live | default false) "create" (.create | default false)) -}}
{{- end -}}
{{- dict "items" $items | toJson -}}
{{- end -}}

{{- define "strategy.defaultNamespace" -}}
{{- .Values.defaultStrategyNamespace | default (index (include "strategy.namespaces" . | fromJson).items 0).name -}}
{{- end -}}
