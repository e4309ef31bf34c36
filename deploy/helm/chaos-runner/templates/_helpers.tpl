{{- define "chaos-runner.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "chaos-runner.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "chaos-runner.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "chaos-runner.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "chaos-runner.schedule" -}}
{{- printf "%s-schedule" (include "chaos-runner.fullname" .) -}}
{{- end -}}

{{- define "chaos-runner.scheduleAccount" -}}
{{- default (include "chaos-runner.schedule" .) .Values.schedule.serviceAccount.name -}}
{{- end -}}

{{/* Objects of the cluster are told apart by the release's namespace too. */}}
{{- define "chaos-runner.clusterRole" -}}
{{- printf "%s-%s" (include "chaos-runner.schedule" .) .Release.Namespace -}}
{{- end -}}

{{- define "chaos-runner.selector" -}}
app.kubernetes.io/name: {{ include "chaos-runner.name" . | quote }}
app.kubernetes.io/instance: {{ quote .Release.Name }}
app.kubernetes.io/component: schedule
{{- end -}}

{{/* Ours win over a user's of the same name: the Deployment and Helm find objects by them. */}}
{{- define "chaos-runner.podLabels" -}}
{{- merge (include "chaos-runner.selector" . | fromYaml) .Values.extraLabels | toYaml -}}
{{- end -}}

{{- define "chaos-runner.labels" -}}
{{- $ours := dict
    "app.kubernetes.io/name" (include "chaos-runner.name" .)
    "app.kubernetes.io/instance" .Release.Name
    "app.kubernetes.io/version" .Chart.AppVersion
    "app.kubernetes.io/managed-by" .Release.Service
    "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_") -}}
{{- merge $ours .Values.extraLabels | toYaml -}}
{{- end -}}

{{- define "chaos-runner.image" -}}
{{- $image := .Values.image -}}
{{- $repository := required "set image.repository to the image that you built: no image is published (deploy/README.md#image); for the accounts alone set schedule.enabled=false" $image.repository -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default .Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}
