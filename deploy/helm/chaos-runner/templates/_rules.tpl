{{/* What each use is granted: the same as in deploy/rbac and deploy/schedules, where the reasons are. */}}

{{- define "chaos-runner.rules.schedule" -}}
- apiGroups: [litmuschaos.io]
  resources: [chaosengines]
  verbs: [get, list, watch, create, patch, update]
- apiGroups: [litmuschaos.io]
  resources: [chaosschedules]
  verbs: [get, list, watch, patch]
- apiGroups: [litmuschaos.io]
  resources: [chaosexperiments, chaosresults]
  verbs: [get]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [create, get, list, watch, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create, get, update, list]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, update]
{{- end -}}

{{- define "chaos-runner.rules.runner" -}}
- apiGroups: [litmuschaos.io]
  resources: [chaosengines]
  verbs: [get, patch, watch]
- apiGroups: [litmuschaos.io]
  resources: [chaosexperiments, chaosresults]
  verbs: [get]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [create, get, list, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create, get, update, list]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, update]
{{- end -}}

{{- define "chaos-runner.rules.least" -}}
- apiGroups: [litmuschaos.io]
  resources: [chaosengines]
  verbs: [get, patch]
- apiGroups: [litmuschaos.io]
  resources: [chaosexperiments, chaosresults]
  verbs: [get]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [create]
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
{{- end -}}

{{- define "chaos-runner.rules.terminal" -}}
- apiGroups: [litmuschaos.io]
  resources: [chaosengines]
  verbs: [get, list, watch, create, update, patch]
- apiGroups: [litmuschaos.io]
  resources: [chaosexperiments]
  verbs: [get, create, update]
- apiGroups: [litmuschaos.io]
  resources: [chaosresults]
  verbs: [get]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [create, get, list, watch, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create, get, update, list]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, update]
{{- end -}}

{{- define "chaos-runner.rules.exporter" -}}
- apiGroups: [litmuschaos.io]
  resources: [chaosengines, chaosexperiments, chaosresults]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [events]
  verbs: [get, list, watch]
{{- end -}}

{{/* Of the runner's account, to launch the exporter. */}}
{{- define "chaos-runner.rules.monitoring" -}}
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, create]
- apiGroups: [""]
  resources: [services]
  verbs: [get, create]
{{- end -}}
