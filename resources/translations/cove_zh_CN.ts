<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en_US">
<context>
    <name>ActivityPage</name>
    <message>
        <source>Activity</source>
        <translation>活动</translation>
    </message>
    <message>
        <source>Clear finished</source>
        <translation>清除已结束的</translation>
    </message>
</context>
<context>
    <name>BuildDialog</name>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Choose it, or drop it here</source>
        <translation>选择文件夹，或将其拖放到此处</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Dockerfile</source>
        <translation>Dockerfile</translation>
    </message>
    <message>
        <source>Tag</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Build arguments</source>
        <translation>构建参数</translation>
    </message>
    <message>
        <source>NAME=value, a line each</source>
        <translation>NAME=value，每行一个</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>The folder to build</source>
        <translation>要构建的文件夹</translation>
    </message>
    <message>
        <source>There is no such folder.</source>
        <translation>没有这个文件夹。</translation>
    </message>
    <message>
        <source>The folder has no %1.</source>
        <translation>文件夹中没有 %1。</translation>
    </message>
    <message>
        <source>“%1” is not NAME=value.</source>
        <translation>“%1”不是 NAME=value 的形式。</translation>
    </message>
</context>
<context>
    <name>CloseDialog</name>
    <message>
        <source>Cove stays in the tray, where you can open or quit it.</source>
        <translation>Cove 会留在系统托盘中，可从那里打开或退出。</translation>
    </message>
    <message>
        <source>Start Cove again at any time to see it.</source>
        <translation>随时再次启动 Cove 即可查看。</translation>
    </message>
    <message>
        <source>%1 keeps running</source>
        <translation>%1 会继续运行</translation>
    </message>
    <message>
        <source>Closing the window does not stop the cluster: it goes on working and answers as before. %1 You are told this once.</source>
        <translation>关闭窗口不会停止集群：它会照常工作并响应请求。%1此提示只出现一次。</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>返回</translation>
    </message>
    <message>
        <source>Stop the cluster first</source>
        <translation>先停止集群</translation>
    </message>
    <message>
        <source>Keep it running</source>
        <translation>保持运行</translation>
    </message>
    <message>
        <source>Cove is still at work</source>
        <translation>Cove 仍在工作</translation>
    </message>
    <message>
        <source>%1 Quitting now interrupts it. Nothing breaks: the next start goes on from where it stopped.</source>
        <translation>%1现在退出会中断它，但不会造成损坏：下次启动会从中断处继续。</translation>
    </message>
    <message>
        <source>Wait</source>
        <translation>等待</translation>
    </message>
    <message>
        <source>Interrupt and quit</source>
        <translation>中断并退出</translation>
    </message>
</context>
<context>
    <name>ConfigPage</name>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>键</translation>
    </message>
    <message>
        <source>Used by</source>
        <translation>使用者</translation>
    </message>
    <message>
        <source>no pod</source>
        <translation>没有 Pod</translation>
    </message>
    <message>
        <source>Immutable</source>
        <translation>不可变</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
    <message>
        <source>Secrets</source>
        <translation>Secret</translation>
    </message>
    <message>
        <source>A Secret holds passwords, tokens and keys that pods are given as files or variables. “kubectl create secret” makes one.</source>
        <translation>Secret 保存密码、令牌和密钥，以文件或环境变量的形式交给 Pod。可用“kubectl create secret”创建。</translation>
    </message>
    <message>
        <source>ConfigMaps</source>
        <translation>ConfigMap</translation>
    </message>
    <message>
        <source>A ConfigMap holds settings that pods are given as files or variables. “kubectl create configmap” makes one.</source>
        <translation>ConfigMap 保存设置，以文件或环境变量的形式交给 Pod。可用“kubectl create configmap”创建。</translation>
    </message>
</context>
<context>
    <name>Connection</name>
    <message>
        <source>You may not see this</source>
        <translation>您无权查看此内容</translation>
    </message>
    <message>
        <source>Ask who administers the cluster for a role that may.</source>
        <translation>请向集群管理员申请有权查看的角色。</translation>
    </message>
    <message>
        <source>The cluster does not accept your credentials</source>
        <translation>集群不接受您的凭据</translation>
    </message>
    <message>
        <source>They may have expired. Write the context&apos;s entry in the kubeconfig anew.</source>
        <translation>凭据可能已过期。请重新写入 kubeconfig 中该上下文的条目。</translation>
    </message>
    <message>
        <source>The cluster does not serve this kind</source>
        <translation>集群不提供此类对象</translation>
    </message>
    <message>
        <source>It may be of another version, or what brings the kind is not installed.</source>
        <translation>集群版本可能不同，或者提供此类对象的组件尚未安装。</translation>
    </message>
    <message>
        <source>A certificate has expired</source>
        <translation>证书已过期</translation>
    </message>
    <message>
        <source>One of Cove&apos;s own clusters gets new ones at its next start; for others, have the certificate renewed. Check this computer&apos;s clock, too.</source>
        <translation>Cove 自己的集群会在下次启动时获得新证书；其他集群请更新证书。也请检查本机的时钟。</translation>
    </message>
    <message>
        <source>The cluster cannot be trusted</source>
        <translation>无法信任该集群</translation>
    </message>
    <message>
        <source>Its certificate is not what the kubeconfig says. Somebody may be in between, or the cluster was made anew: write its entry again.</source>
        <translation>它的证书与 kubeconfig 不符。可能有人在中间拦截，或者集群已重建：请重新写入其条目。</translation>
    </message>
    <message>
        <source>The cluster answers with an error</source>
        <translation>集群返回了错误</translation>
    </message>
    <message>
        <source>The answer makes no sense</source>
        <translation>收到的应答无法理解</translation>
    </message>
    <message>
        <source>Something else than a Kubernetes API seems to answer there.</source>
        <translation>在那里应答的似乎不是 Kubernetes API。</translation>
    </message>
    <message>
        <source>The cluster does not answer</source>
        <translation>集群没有应答</translation>
    </message>
    <message>
        <source>It may be busy, or the way to it swallows what is sent.</source>
        <translation>集群可能正忙，或者通往它的线路丢弃了数据。</translation>
    </message>
    <message>
        <source>The cluster cannot be reached</source>
        <translation>无法连接到集群</translation>
    </message>
    <message>
        <source>There is no way to the cluster</source>
        <translation>没有通往集群的途径</translation>
    </message>
    <message>
        <source>Connected, but you may see nothing of it</source>
        <translation>已连接，但您无权查看任何内容</translation>
    </message>
    <message>
        <source>Connected</source>
        <translation>已连接</translation>
    </message>
    <message>
        <source>Some of it you may not see; the pages say so.</source>
        <translation>其中一部分您无权查看，相应页面会说明。</translation>
    </message>
    <message>
        <source>Connecting…</source>
        <translation>正在连接…</translation>
    </message>
</context>
<context>
    <name>ConsolePage</name>
    <message>
        <source>“%1” is not in the log.</source>
        <translation>日志中没有“%1”。</translation>
    </message>
    <message>
        <source>Console log</source>
        <translation>控制台日志</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Search the log</source>
        <translation>搜索日志</translation>
    </message>
    <message>
        <source>Previous hit</source>
        <translation>上一处</translation>
    </message>
    <message>
        <source>Next hit</source>
        <translation>下一处</translation>
    </message>
    <message>
        <source>Follow the end of the log</source>
        <translation>跟随日志末尾</translation>
    </message>
    <message>
        <source>Save the log…</source>
        <translation>保存日志…</translation>
    </message>
    <message>
        <source>The virtual machine has not written anything yet.
What its kernel and its first process say shows here, live.</source>
        <translation>虚拟机尚未输出任何内容。
其内核与首个进程的输出会实时显示在这里。</translation>
    </message>
    <message>
        <source>There is no cluster yet.
The console of its virtual machine will show here, live.</source>
        <translation>还没有集群。
其虚拟机的控制台会实时显示在这里。</translation>
    </message>
    <message>
        <source>the log was started anew</source>
        <translation>日志已重新开始</translation>
    </message>
    <message>
        <source>older lines are left out</source>
        <translation>较早的行已省略</translation>
    </message>
    <message>
        <source>Save the console log</source>
        <translation>保存控制台日志</translation>
    </message>
    <message>
        <source>Saved to %1.</source>
        <translation>已保存到 %1。</translation>
    </message>
    <message>
        <source>Could not save to %1: %2.</source>
        <translation>无法保存到 %1：%2。</translation>
    </message>
</context>
<context>
    <name>ContainersPage</name>
    <message>
        <source>%1 could not be started</source>
        <translation>%1 无法启动</translation>
    </message>
    <message>
        <source>%1 could not be stopped</source>
        <translation>%1 无法停止</translation>
    </message>
    <message>
        <source>%1 could not be restarted</source>
        <translation>%1 无法重启</translation>
    </message>
    <message>
        <source>%1 could not be killed</source>
        <translation>%1 无法强制结束</translation>
    </message>
    <message>
        <source>Remove the container %1?</source>
        <translation>移除容器 %1？</translation>
    </message>
    <message>
        <source>It runs and is ended first. What it wrote outside of its volumes is lost, and so is its log. The image stays.</source>
        <translation>它正在运行，会先被结束。它在卷之外写入的内容及其日志都会丢失，镜像会保留。</translation>
    </message>
    <message>
        <source>What it wrote outside of its volumes is lost, and so is its log. The image stays.</source>
        <translation>它在卷之外写入的内容及其日志都会丢失，镜像会保留。</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>%1 could not be removed</source>
        <translation>无法移除 %1</translation>
    </message>
    <message>
        <source>the container has ended</source>
        <translation>容器已结束</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>处理器</translation>
    </message>
    <message>
        <source>Measuring…</source>
        <translation>正在测量…</translation>
    </message>
    <message>
        <source>It does not run.</source>
        <translation>未在运行。</translation>
    </message>
    <message>
        <source>%1 % of one processor</source>
        <translation>单个处理器的 %1%</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1/%2</translation>
    </message>
    <message>
        <source>Processes</source>
        <translation>进程</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>%1 received, %2 sent</source>
        <translation>已接收 %1，已发送 %2</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>%1 read, %2 written</source>
        <translation>已读取 %1，已写入 %2</translation>
    </message>
    <message>
        <source>Containers</source>
        <translation>容器</translation>
    </message>
    <message>
        <source>Containers that docker and docker compose start in this cluster&apos;s engine show here: “docker run -d -p 8080:80 nginx” makes one. The containers of pods are on the Pods page.</source>
        <translation>docker 和 docker compose 在此集群引擎中启动的容器显示在这里，例如用“docker run -d -p 8080:80 nginx”即可创建一个。Pod 的容器在 Pod 页面。</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Ports</source>
        <translation>端口</translation>
    </message>
    <message>
        <source>Created</source>
        <translation>创建时间</translation>
    </message>
    <message>
        <source>Unhealthy</source>
        <translation>不健康</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>Restarting</source>
        <translation>正在重启</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Not started yet</source>
        <translation>尚未启动</translation>
    </message>
    <message>
        <source>Exited with code %1</source>
        <translation>已退出，退出码 %1</translation>
    </message>
    <message>
        <source>Engine&apos;s words</source>
        <translation>引擎的描述</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>ID</source>
        <translation>ID</translation>
    </message>
    <message>
        <source>Pods&apos; containers are on the Pods page</source>
        <translation>Pod 的容器在 Pod 页面</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>启动</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Asks it to end, and ends it after 10 s.</source>
        <translation>请求其结束，10 秒后强制结束。</translation>
    </message>
    <message>
        <source>Restart</source>
        <translation>重启</translation>
    </message>
    <message>
        <source>Kill</source>
        <translation>强制结束</translation>
    </message>
    <message>
        <source>Ends it at once.</source>
        <translation>立即结束。</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>移除…</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>Statistics</source>
        <translation>统计</translation>
    </message>
</context>
<context>
    <name>CustomPage</name>
    <message>
        <source>Terminating</source>
        <translation>正在终止</translation>
    </message>
    <message>
        <source>Established</source>
        <translation>已生效</translation>
    </message>
    <message>
        <source>Not yet served</source>
        <translation>尚未提供</translation>
    </message>
    <message>
        <source>Refused</source>
        <translation>被拒绝</translation>
    </message>
    <message>
        <source>No %1 of %2 has been made. Apply a manifest to make one.</source>
        <translation>还没有 %2 的 %1。应用一份清单即可创建。</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
    <message>
        <source>Custom resources</source>
        <translation>自定义资源</translation>
    </message>
    <message>
        <source>A CustomResourceDefinition teaches the API a new kind of object. Operators bring theirs along; apply one to see it here.</source>
        <translation>CustomResourceDefinition 让 API 认识一种新的对象。Operator 会自带定义；应用一份定义后即可在此看到。</translation>
    </message>
    <message>
        <source>Namespaces</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Cluster</source>
        <translation>集群</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Group</source>
        <translation>组</translation>
    </message>
    <message>
        <source>Versions</source>
        <translation>版本</translation>
    </message>
    <message>
        <source>Belongs to</source>
        <translation>归属</translation>
    </message>
    <message>
        <source>Show objects</source>
        <translation>显示对象</translation>
    </message>
    <message>
        <source>Lists what has been made of this kind (Enter)</source>
        <translation>列出此类对象（回车键）</translation>
    </message>
    <message>
        <source>‹ All custom resources</source>
        <translation>‹ 所有自定义资源</translation>
    </message>
</context>
<context>
    <name>DeleteDialog</name>
    <message>
        <source>Delete the cluster %1?</source>
        <translation>删除集群 %1？</translation>
    </message>
    <message>
        <source>This cannot be undone. What is lost:</source>
        <translation>此操作无法撤销。将会失去：</translation>
    </message>
    <message>
        <source>Everything in the cluster: workloads, images, volumes and their data</source>
        <translation>集群中的一切：工作负载、镜像、卷及其数据</translation>
    </message>
    <message>
        <source>Its disk of up to %1</source>
        <translation>它的磁盘（最多 %1）</translation>
    </message>
    <message>
        <source>Its certificates</source>
        <translation>它的证书</translation>
    </message>
    <message>
        <source>Its certificates and the kubeconfig entry %1</source>
        <translation>它的证书和 kubeconfig 条目 %1</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Delete %1</source>
        <translation>删除 %1</translation>
    </message>
</context>
<context>
    <name>DemoTasks</name>
    <message>
        <source>it is there already and was not made by the demo</source>
        <translation>它已存在，且不是由演示创建的</translation>
    </message>
    <message>
        <source>Delete it or give it another name, then try again.</source>
        <translation>请将其删除或改名，然后重试。</translation>
    </message>
    <message>
        <source>is there already</source>
        <translation>已存在</translation>
    </message>
    <message>
        <source>the last one still ends</source>
        <translation>上一个仍在结束</translation>
    </message>
    <message>
        <source>%1, the first version</source>
        <translation>%1，第一个版本</translation>
    </message>
    <message>
        <source>the Service has no port of the node</source>
        <translation>该 Service 没有节点端口</translation>
    </message>
    <message>
        <source>See it on the page Services.</source>
        <translation>请在“服务”页面查看。</translation>
    </message>
    <message>
        <source>nothing answers there</source>
        <translation>该地址没有响应</translation>
    </message>
    <message>
        <source>See the Service and its endpoints on the page Services.</source>
        <translation>请在“服务”页面查看该 Service 及其端点。</translation>
    </message>
    <message>
        <source>What was made so far is kept: trying again goes on from there.</source>
        <translation>已完成的部分会保留，重试将从那里继续。</translation>
    </message>
    <message>
        <source>it was opened before</source>
        <translation>之前已打开过</translation>
    </message>
    <message>
        <source>%1, the next version</source>
        <translation>%1，下一个版本</translation>
    </message>
    <message>
        <source>left alone: the demo did not make it</source>
        <translation>保持不动：它不是由演示创建的</translation>
    </message>
    <message>
        <source>waiting until its pods have ended</source>
        <translation>正在等待其 Pod 结束</translation>
    </message>
    <message>
        <source>Show the k8s-demo</source>
        <translation>运行 k8s-demo 演示</translation>
    </message>
    <message>
        <source>The k8s-demo is under way…</source>
        <translation>k8s-demo 演示正在进行…</translation>
    </message>
    <message>
        <source>The k8s-demo runs its next version</source>
        <translation>k8s-demo 已在运行新版本</translation>
    </message>
    <message>
        <source>The k8s-demo did not come to its end</source>
        <translation>k8s-demo 演示未能完成</translation>
    </message>
    <message>
        <source>Remove the k8s-demo</source>
        <translation>移除 k8s-demo</translation>
    </message>
    <message>
        <source>Removing the k8s-demo…</source>
        <translation>正在移除 k8s-demo…</translation>
    </message>
    <message>
        <source>The k8s-demo was removed</source>
        <translation>k8s-demo 已移除</translation>
    </message>
    <message>
        <source>The k8s-demo could not be removed</source>
        <translation>无法移除 k8s-demo</translation>
    </message>
    <message>
        <source>is there already, not made by the demo: used as it is</source>
        <translation>已存在，但不是演示创建的：按原样使用</translation>
    </message>
    <message>
        <source>%1 left alone: the demo did not make it</source>
        <translation>保留 %1：它不是演示创建的</translation>
    </message>
</context>
<context>
    <name>DeploymentsPage</name>
    <message>
        <source>Revision %1 could not be restored</source>
        <translation>无法恢复到版本 %1</translation>
    </message>
    <message>
        <source>Replicas</source>
        <translation>副本数</translation>
    </message>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Failing</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>Scaled to 0</source>
        <translation>已缩容为 0</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Available</source>
        <translation>可用</translation>
    </message>
    <message>
        <source>Rolling out</source>
        <translation>正在发布</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>%1 wanted, %2 ready, %3 updated, %4 available</source>
        <translation>期望 %1，就绪 %2，已更新 %3，可用 %4</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>Change cause</source>
        <translation>变更原因</translation>
    </message>
    <message>
        <source>Strategy</source>
        <translation>策略</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
    <message>
        <source>Deployments</source>
        <translation>Deployment</translation>
    </message>
    <message>
        <source>A Deployment keeps a number of equal pods running and rolls new versions of them out, a few at a time. “kubectl create deployment” makes one.</source>
        <translation>Deployment 让若干相同的 Pod 保持运行，并逐批发布新版本。可用“kubectl create deployment”创建。</translation>
    </message>
    <message>
        <source>Updated</source>
        <translation>已更新</translation>
    </message>
    <message>
        <source>The rollout could not be paused or resumed</source>
        <translation>无法暂停或继续发布</translation>
    </message>
    <message>
        <source>Rollout</source>
        <translation>发布</translation>
    </message>
</context>
<context>
    <name>Diagnosis</name>
    <message>
        <source>Virtualization</source>
        <translation>虚拟化</translation>
    </message>
    <message>
        <source>System image</source>
        <translation>系统镜像</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Proxy</source>
        <translation>代理</translation>
    </message>
    <message>
        <source>Clock</source>
        <translation>时钟</translation>
    </message>
    <message>
        <source>Ports</source>
        <translation>端口</translation>
    </message>
    <message>
        <source>Certificates</source>
        <translation>证书</translation>
    </message>
    <message>
        <source>API server</source>
        <translation>API 服务器</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>节点</translation>
    </message>
    <message>
        <source>The cluster is not running</source>
        <translation>集群未运行</translation>
    </message>
    <message>
        <source>Start it, then check again.</source>
        <translation>请启动集群后重新检查。</translation>
    </message>
    <message>
        <source>It has not answered yet</source>
        <translation>尚未应答</translation>
    </message>
    <message>
        <source>Check again in a moment.</source>
        <translation>请稍后重新检查。</translation>
    </message>
    <message>
        <source>It is not known without libvirt</source>
        <translation>没有 libvirt 无法得知</translation>
    </message>
    <message>
        <source>%1 answers</source>
        <translation>%1 有应答</translation>
    </message>
    <message>
        <source>KVM works: machines run at full speed</source>
        <translation>KVM 可用：虚拟机全速运行</translation>
    </message>
    <message>
        <source>Software emulation, several times slower: %1</source>
        <translation>软件模拟，速度慢数倍：%1</translation>
    </message>
    <message>
        <source>Switch virtualization on in the firmware&apos;s settings and let this account use /dev/kvm.</source>
        <translation>请在固件设置中启用虚拟化，并允许此账号使用 /dev/kvm。</translation>
    </message>
    <message>
        <source>Version %1</source>
        <translation>版本 %1</translation>
    </message>
    <message>
        <source>The system image is missing</source>
        <translation>缺少系统镜像</translation>
    </message>
    <message>
        <source>Install the package again, or build the image.</source>
        <translation>请重新安装软件包，或构建镜像。</translation>
    </message>
    <message>
        <source>%1 GiB are free</source>
        <translation>可用 %1 GiB</translation>
    </message>
    <message>
        <source>Only %1 GiB are free where clusters are kept</source>
        <translation>存放集群的位置仅剩 %1 GiB</translation>
    </message>
    <message>
        <source>Free some disk space before you pull large images.</source>
        <translation>拉取大型镜像前请先腾出磁盘空间。</translation>
    </message>
    <message>
        <source>Less than 1 GiB is free where clusters are kept</source>
        <translation>存放集群的位置不足 1 GiB</translation>
    </message>
    <message>
        <source>Free some disk space, or set XDG_DATA_HOME to a folder on a larger disk.</source>
        <translation>请腾出磁盘空间，或将 XDG_DATA_HOME 设为更大磁盘上的文件夹。</translation>
    </message>
    <message>
        <source>%1 of %2 MiB are free</source>
        <translation>可用 %1 MiB，共 %2 MiB</translation>
    </message>
    <message>
        <source>Only %1 of %2 MiB are free</source>
        <translation>仅剩 %1 MiB，共 %2 MiB</translation>
    </message>
    <message>
        <source>Close other programs, or give the cluster less.</source>
        <translation>请关闭其他程序，或减少分配给集群的内存。</translation>
    </message>
    <message>
        <source>No proxy is set</source>
        <translation>未设置代理</translation>
    </message>
    <message>
        <source>%1 is set</source>
        <translation>已设置 %1</translation>
    </message>
    <message>
        <source>%1 is set, also for addresses of this computer</source>
        <translation>已设置 %1，且对本机地址也生效</translation>
    </message>
    <message>
        <source>Add 127.0.0.1 and localhost to no_proxy, or kubectl and docker may not reach the cluster.</source>
        <translation>请将 127.0.0.1 和 localhost 加入 no_proxy，否则 kubectl 和 docker 可能无法连接集群。</translation>
    </message>
    <message>
        <source>%1 is known</source>
        <translation>%1 可以解析</translation>
    </message>
    <message>
        <source>%1 is not known: %2</source>
        <translation>%1 无法解析：%2</translation>
    </message>
    <message>
        <source>Images cannot be pulled until the network&apos;s name server answers. Those on the node go on working.</source>
        <translation>在网络的域名服务器应答之前无法拉取镜像。节点上已有的镜像不受影响。</translation>
    </message>
    <message>
        <source>Nothing speaks against it</source>
        <translation>未发现异常</translation>
    </message>
    <message>
        <source>The clock is before the cluster&apos;s certificates were made</source>
        <translation>时钟早于集群证书的签发时间</translation>
    </message>
    <message>
        <source>Set this computer&apos;s date and time, best from the network.</source>
        <translation>请校准本机的日期和时间，最好从网络同步。</translation>
    </message>
    <message>
        <source>Open: %1</source>
        <translation>已开放：%1</translation>
    </message>
    <message>
        <source>No port of this computer leads to the cluster</source>
        <translation>本机没有通向集群的端口</translation>
    </message>
    <message>
        <source>Stop the cluster and start it again.</source>
        <translation>请停止并重新启动集群。</translation>
    </message>
    <message>
        <source>There are no certificates yet</source>
        <translation>尚无证书</translation>
    </message>
    <message>
        <source>Valid for %1 days</source>
        <translation>%1 天内有效</translation>
    </message>
    <message>
        <source>The client&apos;s certificate ends in %1 days</source>
        <translation>客户端证书将在 %1 天后到期</translation>
    </message>
    <message>
        <source>It is renewed at the next start.</source>
        <translation>下次启动时会自动续期。</translation>
    </message>
    <message>
        <source>The client&apos;s certificate has expired</source>
        <translation>客户端证书已过期</translation>
    </message>
    <message>
        <source>Stop the cluster and start it again: it is renewed.</source>
        <translation>请停止并重新启动集群：证书会自动续期。</translation>
    </message>
    <message>
        <source>%1 does not answer</source>
        <translation>%1 没有应答</translation>
    </message>
    <message>
        <source>Look at the console log; stop the cluster and start it again.</source>
        <translation>请查看控制台日志；停止并重新启动集群。</translation>
    </message>
    <message>
        <source>%1 is ready</source>
        <translation>%1 已就绪</translation>
    </message>
    <message>
        <source>The node is not ready</source>
        <translation>节点未就绪</translation>
    </message>
    <message>
        <source>Look at the console log and at the node&apos;s conditions.</source>
        <translation>请查看控制台日志和节点的状况。</translation>
    </message>
    <message>
        <source>Checking…</source>
        <translation>正在检查…</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>检查项</translation>
    </message>
    <message>
        <source>Finding</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>What to do</source>
        <translation>建议</translation>
    </message>
</context>
<context>
    <name>EngineTasks</name>
    <message>
        <source>from the cache</source>
        <translation>来自缓存</translation>
    </message>
    <message>
        <source>step %1, %2 from the cache</source>
        <translation>步骤 %1，%2 个来自缓存</translation>
    </message>
    <message>
        <source>step %1</source>
        <translation>步骤 %1</translation>
    </message>
    <message>
        <source>Build %1</source>
        <translation>构建 %1</translation>
    </message>
    <message>
        <source>Building %1…</source>
        <translation>正在构建 %1…</translation>
    </message>
    <message>
        <source>%1 is built</source>
        <translation>%1 已构建</translation>
    </message>
    <message>
        <source>%1 could not be built</source>
        <translation>%1 构建失败</translation>
    </message>
    <message>
        <source>Pull %1</source>
        <translation>拉取 %1</translation>
    </message>
    <message>
        <source>Pulling %1…</source>
        <translation>正在拉取 %1…</translation>
    </message>
    <message>
        <source>%1 is here</source>
        <translation>%1 已拉取</translation>
    </message>
    <message>
        <source>%1 could not be pulled</source>
        <translation>%1 拉取失败</translation>
    </message>
    <message>
        <source>Push %1</source>
        <translation>推送 %1</translation>
    </message>
    <message>
        <source>Pushing %1…</source>
        <translation>正在推送 %1…</translation>
    </message>
    <message>
        <source>%1 is pushed</source>
        <translation>%1 已推送</translation>
    </message>
    <message>
        <source>%1 could not be pushed</source>
        <translation>%1 推送失败</translation>
    </message>
    <message>
        <source>Load %1</source>
        <translation>载入 %1</translation>
    </message>
    <message>
        <source>Loading %1…</source>
        <translation>正在载入 %1…</translation>
    </message>
    <message>
        <source>%1 is loaded</source>
        <translation>%1 已载入</translation>
    </message>
    <message>
        <source>%1 could not be loaded</source>
        <translation>%1 载入失败</translation>
    </message>
    <message>
        <source>Save %1</source>
        <translation>保存 %1</translation>
    </message>
    <message>
        <source>Saving %1…</source>
        <translation>正在保存 %1…</translation>
    </message>
    <message>
        <source>%1 is saved</source>
        <translation>%1 已保存</translation>
    </message>
    <message>
        <source>%1 could not be saved</source>
        <translation>%1 保存失败</translation>
    </message>
    <message>
        <source>Remove unused images</source>
        <translation>移除未使用的镜像</translation>
    </message>
    <message>
        <source>Removing unused images…</source>
        <translation>正在移除未使用的镜像…</translation>
    </message>
    <message>
        <source>Unused images are removed</source>
        <translation>未使用的镜像已移除</translation>
    </message>
    <message>
        <source>Unused images could not be removed</source>
        <translation>未能移除未使用的镜像</translation>
    </message>
</context>
<context>
    <name>EventsPage</name>
    <message>
        <source>Warning</source>
        <translation>警告</translation>
    </message>
    <message>
        <source>Normal</source>
        <translation>正常</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>About</source>
        <translation>对象</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Seen</source>
        <translation>出现</translation>
    </message>
    <message>
        <source>%1 ago</source>
        <translation>%1前</translation>
    </message>
    <message>
        <source>Times</source>
        <translation>次数</translation>
    </message>
    <message>
        <source>From</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>事件</translation>
    </message>
    <message>
        <source>Events tell what the cluster did and why: pods scheduled, images pulled, probes failed. They are kept for an hour.</source>
        <translation>事件说明集群做了什么以及为什么：调度 Pod、拉取镜像、探测失败等。事件保留一小时。</translation>
    </message>
</context>
<context>
    <name>Explanations</name>
    <message>
        <source>Show %1</source>
        <translation>查看 %1</translation>
    </message>
    <message>
        <source>Container “%1”</source>
        <translation>容器“%1”</translation>
    </message>
    <message>
        <source>Init container “%1” (%2 of %3)</source>
        <translation>初始化容器“%1”（第 %2 个，共 %3 个）</translation>
    </message>
    <message>
        <source>The registry&apos;s host name is not known to the node&apos;s DNS. Check the name for a slip of the finger, and the network&apos;s name server.</source>
        <translation>节点的 DNS 无法解析镜像仓库的主机名。请检查名称是否有误，以及网络的域名服务器。</translation>
    </message>
    <message>
        <source>The registry was reached but its TLS certificate is not trusted, or it speaks plain HTTP. Use a registry with a valid certificate, or a mirror.</source>
        <translation>已连接到镜像仓库，但其 TLS 证书不受信任，或者它只使用明文 HTTP。请使用证书有效的仓库或镜像站。</translation>
    </message>
    <message>
        <source>The registry limits how often you may pull. Wait, sign in with an imagePullSecret, or set a registry mirror.</source>
        <translation>镜像仓库限制了拉取频率。请稍候，或用 imagePullSecret 登录，或设置镜像站。</translation>
    </message>
    <message>
        <source>The registry could not be reached from the node. Check that this computer is online, and the proxy; or build or load the image here.</source>
        <translation>节点无法连接到镜像仓库。请检查本机网络和代理设置；也可以在此构建或载入该镜像。</translation>
    </message>
    <message>
        <source>The repository does not exist or needs a login. Check the name; for a private one create a docker-registry Secret and name it in imagePullSecrets.</source>
        <translation>该仓库不存在或需要登录。请检查名称；若为私有仓库，请创建 docker-registry 类型的 Secret，并写入 imagePullSecrets。</translation>
    </message>
    <message>
        <source>There is no such repository or tag. Correct the image&apos;s name or tag in the pod&apos;s template, or build it here under this name.</source>
        <translation>没有这个仓库或标签。请更正 Pod 模板中的镜像名称或标签，或在此以该名称构建镜像。</translation>
    </message>
    <message>
        <source>Check the image&apos;s name and tag and that the registry can be reached and lets you in; or build it here.</source>
        <translation>请检查镜像的名称和标签，以及镜像仓库是否可达并允许访问；也可以在此构建。</translation>
    </message>
    <message>
        <source>“%1” is no valid image name (InvalidImageName)</source>
        <translation>“%1”不是有效的镜像名称（InvalidImageName）</translation>
    </message>
    <message>
        <source>Correct the image in the pod&apos;s template: registry/repository:tag, in lowercase letters.</source>
        <translation>请更正 Pod 模板中的镜像：仓库地址/仓库名:标签，使用小写字母。</translation>
    </message>
    <message>
        <source>The image %1 is not on the node (ErrImageNeverPull)</source>
        <translation>节点上没有镜像 %1（ErrImageNeverPull）</translation>
    </message>
    <message>
        <source>%1 has imagePullPolicy: Never, so it is not pulled.</source>
        <translation>%1设置了 imagePullPolicy: Never，因此不会拉取。</translation>
    </message>
    <message>
        <source>Build or load the image, or change imagePullPolicy to IfNotPresent.</source>
        <translation>请构建或载入该镜像，或将 imagePullPolicy 改为 IfNotPresent。</translation>
    </message>
    <message>
        <source>The image %1 cannot be pulled (%2)</source>
        <translation>无法拉取镜像 %1（%2）</translation>
    </message>
    <message>
        <source>%1 needs it to start.</source>
        <translation>%1需要它才能启动。</translation>
    </message>
    <message>
        <source>The registry&apos;s answer: %1</source>
        <translation>镜像仓库的回答：%1</translation>
    </message>
    <message>
        <source>It is tried again after a pause that grows to 5 minutes.</source>
        <translation>会不断重试，间隔逐渐增至 5 分钟。</translation>
    </message>
    <message>
        <source>It was ended for using more memory than its limit (OOMKilled, exit code %1).</source>
        <translation>它因内存用量超过限制而被终止（OOMKilled，退出码 %1）。</translation>
    </message>
    <message>
        <source>It was ended by the signal %1 (exit code %2).</source>
        <translation>它被信号 %1 终止（退出码 %2）。</translation>
    </message>
    <message>
        <source>It ended by itself with exit code 0, which means success.</source>
        <translation>它自行结束，退出码为 0，即成功。</translation>
    </message>
    <message>
        <source>It ended with exit code %1.</source>
        <translation>它以退出码 %1 结束。</translation>
    </message>
    <message>
        <source>The node ran out of memory. Give the cluster more, or set a limit and make the program use less.</source>
        <translation>节点内存耗尽。请为集群分配更多内存，或设置限制并减少程序的用量。</translation>
    </message>
    <message>
        <source>Raise resources.limits.memory (now %1), or make the program use less.</source>
        <translation>请提高 resources.limits.memory（当前为 %1），或减少程序的用量。</translation>
    </message>
    <message>
        <source>The command could not be run: check “command” and “args”, and that the program is in the image, executable and made for this processor.</source>
        <translation>命令无法运行：请检查“command”和“args”，并确认程序在镜像中、可执行且适用于此处理器。</translation>
    </message>
    <message>
        <source>A container here should keep running. If its work is done when it ends, use a Job; else see that its program stays in the foreground.</source>
        <translation>此处的容器应持续运行。如果它结束即代表工作完成，请使用 Job；否则请让程序保持在前台运行。</translation>
    </message>
    <message>
        <source>The program crashed (a memory access it may not make). Its log and the image&apos;s version are where to look.</source>
        <translation>程序崩溃（非法内存访问）。请查看其日志和镜像版本。</translation>
    </message>
    <message>
        <source>Something ended it from outside: a failed liveness probe, too little memory, or a stop. The events say which.</source>
        <translation>它是被外部终止的：存活探针失败、内存不足或被停止。事件会说明是哪一种。</translation>
    </message>
    <message>
        <source>Its own log says why. Check its configuration: arguments, environment, files, and what it connects to.</source>
        <translation>它自己的日志说明了原因。请检查其配置：参数、环境变量、文件以及所连接的服务。</translation>
    </message>
    <message>
        <source>%1 ends again and again (CrashLoopBackOff)</source>
        <translation>%1反复退出（CrashLoopBackOff）</translation>
    </message>
    <message>
        <source>%1 ended (%2)</source>
        <translation>%1已结束（%2）</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Its liveness probe failed, which has it restarted: %1</source>
        <translation>其存活探针失败，因此被重启：%1</translation>
    </message>
    <message>
        <source>Its startup probe failed, which has it restarted: %1</source>
        <translation>其启动探针失败，因此被重启：%1</translation>
    </message>
    <message>
        <source>It was restarted so often: %1; each time after a longer pause.</source>
        <translation>已重启次数：%1；每次的等待时间都更长。</translation>
    </message>
    <message>
        <source>Check the probe&apos;s path, port and initialDelaySeconds against what the program does, and whether it answers in timeoutSeconds.</source>
        <translation>请对照程序检查探针的路径、端口和 initialDelaySeconds，并确认它能在 timeoutSeconds 内应答。</translation>
    </message>
    <message>
        <source>The %1 “%2” is missing</source>
        <translation>缺少 %1“%2”</translation>
    </message>
    <message>
        <source>Create it in the pod&apos;s namespace, or correct the name in the pod&apos;s template. The pod starts by itself once it is there.</source>
        <translation>请在该 Pod 的命名空间中创建它，或更正 Pod 模板中的名称。创建后 Pod 会自动启动。</translation>
    </message>
    <message>
        <source>The key “%1” is missing in a ConfigMap or Secret</source>
        <translation>ConfigMap 或 Secret 中缺少键“%1”</translation>
    </message>
    <message>
        <source>Add the key, or correct its name in the pod&apos;s template.</source>
        <translation>请添加该键，或更正 Pod 模板中的名称。</translation>
    </message>
    <message>
        <source>Correct what the message names; the pod goes on by itself.</source>
        <translation>请修正消息所指出的问题；之后 Pod 会自动继续。</translation>
    </message>
    <message>
        <source>A volume cannot be mounted (FailedMount)</source>
        <translation>无法挂载卷（FailedMount）</translation>
    </message>
    <message>
        <source>A volume cannot be attached (FailedAttachVolume)</source>
        <translation>无法附加卷（FailedAttachVolume）</translation>
    </message>
    <message>
        <source>The pod&apos;s network could not be set up (FailedCreatePodSandBox)</source>
        <translation>无法建立 Pod 的网络（FailedCreatePodSandBox）</translation>
    </message>
    <message>
        <source>It is tried again. If it goes on, look at the console log of the node.</source>
        <translation>会自动重试。如果持续如此，请查看节点的控制台日志。</translation>
    </message>
    <message>
        <source>The image is being pulled</source>
        <translation>正在拉取镜像</translation>
    </message>
    <message>
        <source>%1 is being started (%2)</source>
        <translation>%1正在启动（%2）</translation>
    </message>
    <message>
        <source>%1 runs but has not started up yet</source>
        <translation>%1已运行，但尚未完成启动</translation>
    </message>
    <message>
        <source>%1 runs but is not ready</source>
        <translation>%1已运行，但未就绪</translation>
    </message>
    <message>
        <source>Its %1 asks GET %2 on port %3.</source>
        <translation>其 %1 在端口 %3 上请求 GET %2。</translation>
    </message>
    <message>
        <source>Its %1 opens TCP port %2.</source>
        <translation>其 %1 会连接 TCP 端口 %2。</translation>
    </message>
    <message>
        <source>Its %1 runs a command in the container.</source>
        <translation>其 %1 会在容器中运行命令。</translation>
    </message>
    <message>
        <source>Until it is ready, Services send it nothing.</source>
        <translation>就绪之前，Service 不会向它转发任何请求。</translation>
    </message>
    <message>
        <source>Wait for its first probe; its log shows how far it has come.</source>
        <translation>请等待第一次探测；日志会显示其进度。</translation>
    </message>
    <message>
        <source>See that the program answers there, or correct the probe&apos;s path, port and times.</source>
        <translation>请确认程序在该处应答，或更正探针的路径、端口和时间。</translation>
    </message>
    <message>
        <source>Its own log says why.</source>
        <translation>它自己的日志说明了原因。</translation>
    </message>
    <message>
        <source>%1 cannot be set up (CreateContainerConfigError)</source>
        <translation>无法配置%1（CreateContainerConfigError）</translation>
    </message>
    <message>
        <source>%1 is still running</source>
        <translation>%1仍在运行</translation>
    </message>
    <message>
        <source>The pod&apos;s containers start once its init containers have ended, one after the other.</source>
        <translation>初始化容器逐个结束后，Pod 的容器才会启动。</translation>
    </message>
    <message>
        <source>If it takes too long, its log shows what it waits for.</source>
        <translation>如果耗时过长，日志会显示它在等待什么。</translation>
    </message>
    <message>
        <source>%1 does not run</source>
        <translation>%1没有运行</translation>
    </message>
    <message>
        <source>%1 does not run (%2)</source>
        <translation>%1没有运行（%2）</translation>
    </message>
    <message>
        <source>The command could not be run: check “command” and “args”, and that the program is in the image.</source>
        <translation>命令无法运行：请检查“command”和“args”，并确认程序在镜像中。</translation>
    </message>
    <message>
        <source>%1 CPUs</source>
        <translation>%1 个 CPU</translation>
    </message>
    <message>
        <source>memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>It asks for %1; the node %2 has %3, of which other pods have asked for %4.</source>
        <translation>它请求 %1；节点 %2 共有 %3，其中其他 Pod 已请求 %4。</translation>
    </message>
    <message>
        <source>There is not enough %1.</source>
        <translation>%1不足。</translation>
    </message>
    <message>
        <source>Lower resources.requests in the pod&apos;s template, end other pods, or give the cluster more.</source>
        <translation>请降低 Pod 模板中的 resources.requests，结束其他 Pod，或为集群分配更多资源。</translation>
    </message>
    <message>
        <source>No node has the labels that its node affinity asks for.</source>
        <translation>没有节点具有其节点亲和性所要求的标签。</translation>
    </message>
    <message>
        <source>No node has the labels that its nodeSelector asks for: %1.</source>
        <translation>没有节点具有其 nodeSelector 所要求的标签：%1。</translation>
    </message>
    <message>
        <source>Label the node, or correct the selector in the pod&apos;s template.</source>
        <translation>请为节点添加标签，或更正 Pod 模板中的选择器。</translation>
    </message>
    <message>
        <source>The node has a taint that the pod does not tolerate.</source>
        <translation>节点带有该 Pod 不容忍的污点。</translation>
    </message>
    <message>
        <source>The node has a taint that the pod does not tolerate: %1.</source>
        <translation>节点带有该 Pod 不容忍的污点：%1。</translation>
    </message>
    <message>
        <source>A taint not-ready or disk-pressure goes by itself once the node is well; else add a toleration or remove the taint.</source>
        <translation>not-ready 或 disk-pressure 污点会在节点恢复后自动消失；其他情况请添加容忍度或移除污点。</translation>
    </message>
    <message>
        <source>The node is cordoned: nothing new is placed on it.</source>
        <translation>节点已被标记为不可调度：不会再放置新的 Pod。</translation>
    </message>
    <message>
        <source>Uncordon the node: “kubectl uncordon”.</source>
        <translation>请恢复节点调度：“kubectl uncordon”。</translation>
    </message>
    <message>
        <source>A hostPort that it asks for is taken by another pod on the node.</source>
        <translation>它所请求的 hostPort 已被节点上的其他 Pod 占用。</translation>
    </message>
    <message>
        <source>Use a Service instead of hostPort, choose another port, or end the other pod.</source>
        <translation>请用 Service 代替 hostPort，换一个端口，或结束另一个 Pod。</translation>
    </message>
    <message>
        <source>A volume that it needs is not there or not bound yet.</source>
        <translation>它所需的卷不存在或尚未绑定。</translation>
    </message>
    <message>
        <source>See the PersistentVolumeClaim&apos;s own state; the pod follows by itself.</source>
        <translation>请查看该 PersistentVolumeClaim 的状态；之后 Pod 会自动继续。</translation>
    </message>
    <message>
        <source>The node has as many pods as it takes.</source>
        <translation>节点上的 Pod 数已达上限。</translation>
    </message>
    <message>
        <source>End pods you do not need.</source>
        <translation>请结束不需要的 Pod。</translation>
    </message>
    <message>
        <source>Its rules about which pods it may stand beside leave no node.</source>
        <translation>按照它与其他 Pod 的共存规则，没有可用的节点。</translation>
    </message>
    <message>
        <source>A cluster of one node cannot keep pods apart: lower the replicas, or make the rule “preferred”.</source>
        <translation>单节点集群无法把 Pod 分开：请减少副本数，或将规则改为“preferred”。</translation>
    </message>
    <message>
        <source>It is held back by scheduling gates (SchedulingGated)</source>
        <translation>它被调度门控拦住（SchedulingGated）</translation>
    </message>
    <message>
        <source>What has set the gates takes them away; until then it is not placed.</source>
        <translation>设置门控的一方会移除它们；在此之前不会被调度。</translation>
    </message>
    <message>
        <source>No node can take it (Unschedulable)</source>
        <translation>没有节点可以容纳它（Unschedulable）</translation>
    </message>
    <message>
        <source>The scheduler says: %1</source>
        <translation>调度器的说明：%1</translation>
    </message>
    <message>
        <source>It is placed by itself as soon as a node fits.</source>
        <translation>一旦有合适的节点，就会自动调度。</translation>
    </message>
    <message>
        <source>The node has not begun with it yet</source>
        <translation>节点尚未开始处理它</translation>
    </message>
    <message>
        <source>It was given to the node %1.</source>
        <translation>它已分配给节点 %1。</translation>
    </message>
    <message>
        <source>If this lasts, see whether the node is ready.</source>
        <translation>如果持续如此，请查看节点是否就绪。</translation>
    </message>
    <message>
        <source>It waits for the scheduler</source>
        <translation>正在等待调度器</translation>
    </message>
    <message>
        <source>It is being deleted and waits for finalizers</source>
        <translation>正在删除，等待终结器（finalizer）</translation>
    </message>
    <message>
        <source>Finalizers: %1. Whoever set them must finish and remove them first.</source>
        <translation>终结器：%1。设置者须先完成工作并移除它们。</translation>
    </message>
    <message>
        <source>See whether the controller that set them runs. Removing a finalizer by hand skips its clean-up.</source>
        <translation>请查看设置它们的控制器是否在运行。手动移除终结器会跳过其清理工作。</translation>
    </message>
    <message>
        <source>It should be gone, but the node has not confirmed it</source>
        <translation>它本应已消失，但节点尚未确认</translation>
    </message>
    <message>
        <source>Its time to end was over %1 ago.</source>
        <translation>其结束期限已过去 %1。</translation>
    </message>
    <message>
        <source>See whether the node is ready. “kubectl delete --force” removes only the API&apos;s entry.</source>
        <translation>请查看节点是否就绪。“kubectl delete --force”只会移除 API 中的条目。</translation>
    </message>
    <message>
        <source>It is being ended (Terminating)</source>
        <translation>正在结束（Terminating）</translation>
    </message>
    <message>
        <source>Its containers got SIGTERM and have %1 s to end before they are killed.</source>
        <translation>其容器已收到 SIGTERM，须在 %1 秒内结束，否则将被强制终止。</translation>
    </message>
    <message>
        <source>The node put it out (Evicted)</source>
        <translation>它已被节点驱逐（Evicted）</translation>
    </message>
    <message>
        <source>It has failed (%1)</source>
        <translation>它已失败（%1）</translation>
    </message>
    <message>
        <source>The node ran short of what the message names. Give the cluster more of it, or set resources.requests so that pods are placed by need. What owns the pod has made another; this one can be deleted.</source>
        <translation>节点缺少消息中所说的资源。请为集群分配更多，或设置 resources.requests 以便按需调度。其所有者已创建新的 Pod；这一个可以删除。</translation>
    </message>
    <message>
        <source>It ran longer than activeDeadlineSeconds allows. Raise it, or make the work shorter.</source>
        <translation>运行时间超过了 activeDeadlineSeconds。请提高该值，或缩短工作时间。</translation>
    </message>
    <message>
        <source>A pod that has failed is not started again: what owns it makes another.</source>
        <translation>失败的 Pod 不会再次启动：其所有者会另建一个。</translation>
    </message>
    <message>
        <source>It waits for readiness gates</source>
        <translation>正在等待就绪门控</translation>
    </message>
    <message>
        <source>No pod has the labels of its selector</source>
        <translation>没有 Pod 具有其选择器所要求的标签</translation>
    </message>
    <message>
        <source>It looks for: %1</source>
        <translation>它要找的是：%1</translation>
    </message>
    <message>
        <source>There are no pods in the namespace %1.</source>
        <translation>命名空间 %1 中没有 Pod。</translation>
    </message>
    <message>
        <source>Make pods with these labels (in a Deployment: spec.template.metadata.labels), or correct spec.selector.</source>
        <translation>请创建带有这些标签的 Pod（在 Deployment 中为 spec.template.metadata.labels），或更正 spec.selector。</translation>
    </message>
    <message>
        <source>the label “%1” is missing</source>
        <translation>缺少标签“%1”</translation>
    </message>
    <message>
        <source>“%1” is “%2” there</source>
        <translation>那里的“%1”是“%2”</translation>
    </message>
    <message>
        <source>Nearest is the pod %1 with: %2</source>
        <translation>最接近的是 Pod %1，其标签为：%2</translation>
    </message>
    <message>
        <source>What differs: %1.</source>
        <translation>不同之处：%1。</translation>
    </message>
    <message>
        <source>Correct spec.selector, or the labels in the pods&apos; template.</source>
        <translation>请更正 spec.selector，或 Pod 模板中的标签。</translation>
    </message>
    <message>
        <source>Its pods have no port named “%1”</source>
        <translation>其 Pod 没有名为“%1”的端口</translation>
    </message>
    <message>
        <source>No container port of the pods has a name.</source>
        <translation>这些 Pod 的容器端口都没有名称。</translation>
    </message>
    <message>
        <source>The names there are: %1.</source>
        <translation>现有名称：%1。</translation>
    </message>
    <message>
        <source>Set targetPort to the number the program listens on, or name the container&apos;s port so.</source>
        <translation>请将 targetPort 设为程序监听的端口号，或为容器端口取此名称。</translation>
    </message>
    <message>
        <source>Perhaps “%1” is meant: correct targetPort.</source>
        <translation>也许应为“%1”：请更正 targetPort。</translation>
    </message>
    <message>
        <source>It sends to port %1, but the pods&apos; containers list only: %2.</source>
        <translation>它转发到端口 %1，但 Pod 的容器只列出了：%2。</translation>
    </message>
    <message>
        <source>It has no selector and no endpoints</source>
        <translation>它没有选择器，也没有端点</translation>
    </message>
    <message>
        <source>Without a selector nobody fills in where it leads.</source>
        <translation>没有选择器，就不会自动填入它所指向的地址。</translation>
    </message>
    <message>
        <source>Add spec.selector, or an EndpointSlice of your own.</source>
        <translation>请添加 spec.selector，或自行创建 EndpointSlice。</translation>
    </message>
    <message>
        <source>Its target port may be wrong</source>
        <translation>其目标端口可能有误</translation>
    </message>
    <message>
        <source>The list is only a note and may be incomplete. If the Service refuses connections, correct targetPort.</source>
        <translation>该列表仅供参考，可能不完整。如果 Service 拒绝连接，请更正 targetPort。</translation>
    </message>
    <message>
        <source>None of its pods is ready</source>
        <translation>它的 Pod 都未就绪</translation>
    </message>
    <message>
        <source>Pods with its labels: %1, ready: 0.</source>
        <translation>带有其标签的 Pod：%1 个，就绪：0 个。</translation>
    </message>
    <message>
        <source>A Service sends only to pods that are ready. See why this one is not.</source>
        <translation>Service 只转发给就绪的 Pod。请查看该 Pod 为何未就绪。</translation>
    </message>
    <message>
        <source>It names no class and none is the default</source>
        <translation>它没有指定类，也没有默认类</translation>
    </message>
    <message>
        <source>There is no IngressClass in the cluster: nothing serves it.</source>
        <translation>集群中没有 IngressClass：它无人提供服务。</translation>
    </message>
    <message>
        <source>The classes there are: %1.</source>
        <translation>现有的类：%1。</translation>
    </message>
    <message>
        <source>Set spec.ingressClassName.</source>
        <translation>请设置 spec.ingressClassName。</translation>
    </message>
    <message>
        <source>There is no IngressClass “%1”</source>
        <translation>没有 IngressClass“%1”</translation>
    </message>
    <message>
        <source>Correct spec.ingressClassName, or create the class.</source>
        <translation>请更正 spec.ingressClassName，或创建该类。</translation>
    </message>
    <message>
        <source>The Service “%1” that it leads to is not there</source>
        <translation>它所指向的 Service“%1”不存在</translation>
    </message>
    <message>
        <source>Requests to it are answered with 503.</source>
        <translation>对它的请求会得到 503。</translation>
    </message>
    <message>
        <source>Requests to it are answered with 503. Perhaps “%1” is meant.</source>
        <translation>对它的请求会得到 503。也许应为“%1”。</translation>
    </message>
    <message>
        <source>Create the Service in the same namespace, or correct the name.</source>
        <translation>请在同一命名空间中创建该 Service，或更正名称。</translation>
    </message>
    <message>
        <source>The Service “%1” has no port %2</source>
        <translation>Service“%1”没有端口 %2</translation>
    </message>
    <message>
        <source>Its ports are: %1.</source>
        <translation>其端口为：%1。</translation>
    </message>
    <message>
        <source>Correct the backend&apos;s port.</source>
        <translation>请更正后端的端口。</translation>
    </message>
    <message>
        <source>The namespace&apos;s quota “%1” leaves no room for its pods</source>
        <translation>命名空间的配额“%1”已没有余量容纳其 Pod</translation>
    </message>
    <message>
        <source>Raise the ResourceQuota, end something else in the namespace, or ask for less.</source>
        <translation>请提高 ResourceQuota，结束命名空间中的其他对象，或降低请求量。</translation>
    </message>
    <message>
        <source>Its pods cannot be made: the service account is missing</source>
        <translation>无法创建其 Pod：缺少服务账号</translation>
    </message>
    <message>
        <source>Create the service account, or correct spec.template.spec.serviceAccountName.</source>
        <translation>请创建该服务账号，或更正 spec.template.spec.serviceAccountName。</translation>
    </message>
    <message>
        <source>Its pods cannot be made (FailedCreate)</source>
        <translation>无法创建其 Pod（FailedCreate）</translation>
    </message>
    <message>
        <source>Correct what the message names; it is tried again by itself.</source>
        <translation>请修正消息所指出的问题；系统会自动重试。</translation>
    </message>
    <message>
        <source>A pod of it fails: %1</source>
        <translation>它的一个 Pod 出现故障：%1</translation>
    </message>
    <message>
        <source>A pod of it is not ready yet: %1</source>
        <translation>它的一个 Pod 尚未就绪：%1</translation>
    </message>
    <message>
        <source>Pod %1:</source>
        <translation>Pod %1：</translation>
    </message>
    <message>
        <source>Ready are %1 of %2.</source>
        <translation>就绪 %1 个，共 %2 个。</translation>
    </message>
    <message>
        <source>Its rollout is paused</source>
        <translation>发布已暂停</translation>
    </message>
    <message>
        <source>It is being rolled out</source>
        <translation>正在发布</translation>
    </message>
    <message>
        <source>Resume it: nothing new is rolled out until then.</source>
        <translation>请恢复发布：在此之前不会发布新内容。</translation>
    </message>
    <message>
        <source>Its rollout does not get on (ProgressDeadlineExceeded)</source>
        <translation>发布停滞不前（ProgressDeadlineExceeded）</translation>
    </message>
    <message>
        <source>There was no progress for %1 s (progressDeadlineSeconds). The pods of the former revision keep serving.</source>
        <translation>已有 %1 秒没有进展（progressDeadlineSeconds）。旧修订版的 Pod 仍在提供服务。</translation>
    </message>
    <message>
        <source>Correct the template, or undo to a revision of the history.</source>
        <translation>请更正模板，或回滚到历史中的某个修订版。</translation>
    </message>
    <message>
        <source>Or undo to a revision of the history.</source>
        <translation>也可以回滚到历史中的某个修订版。</translation>
    </message>
    <message>
        <source>Pod %1: %2</source>
        <translation>Pod %1：%2</translation>
    </message>
    <message>
        <source>It is tried again: its pods failed so often: %1</source>
        <translation>正在重试：其 Pod 失败次数为 %1</translation>
    </message>
    <message>
        <source>It gave up: its pods failed too often (BackoffLimitExceeded)</source>
        <translation>已放弃：其 Pod 失败次数过多（BackoffLimitExceeded）</translation>
    </message>
    <message>
        <source>It ran longer than it may (DeadlineExceeded)</source>
        <translation>运行时间超过上限（DeadlineExceeded）</translation>
    </message>
    <message>
        <source>Failed pods: %1, allowed by backoffLimit: %2.</source>
        <translation>失败的 Pod：%1 个，backoffLimit 允许：%2 个。</translation>
    </message>
    <message>
        <source>Raise activeDeadlineSeconds, or make the work shorter.</source>
        <translation>请提高 activeDeadlineSeconds，或缩短工作时间。</translation>
    </message>
    <message>
        <source>The pods&apos; logs say why. A Job that has failed is not tried again: create it anew.</source>
        <translation>Pod 的日志说明了原因。失败的 Job 不会重试：请重新创建。</translation>
    </message>
    <message>
        <source>Its volume is gone (Lost)</source>
        <translation>它的卷已丢失（Lost）</translation>
    </message>
    <message>
        <source>The PersistentVolume %1 was deleted; what was on it is not reachable by this claim.</source>
        <translation>PersistentVolume %1 已被删除；此声明无法再访问其中的数据。</translation>
    </message>
    <message>
        <source>Delete the claim and create it anew; restore the data from a backup.</source>
        <translation>请删除并重新创建该声明，再从备份恢复数据。</translation>
    </message>
    <message>
        <source>There is no StorageClass “%1”</source>
        <translation>没有 StorageClass“%1”</translation>
    </message>
    <message>
        <source>Correct storageClassName (it cannot be changed: create the claim anew), or create the class.</source>
        <translation>请更正 storageClassName（无法直接修改：须重新创建声明），或创建该类。</translation>
    </message>
    <message>
        <source>Its volume cannot be made (ProvisioningFailed)</source>
        <translation>无法创建它的卷（ProvisioningFailed）</translation>
    </message>
    <message>
        <source>It waits for a pod that uses it (WaitForFirstConsumer)</source>
        <translation>正在等待使用它的 Pod（WaitForFirstConsumer）</translation>
    </message>
    <message>
        <source>The class %1 makes the volume where the first pod is placed.</source>
        <translation>类 %1 会在第一个 Pod 所在的节点创建卷。</translation>
    </message>
    <message>
        <source>Nothing is wrong: it is bound once a pod mounts it.</source>
        <translation>一切正常：有 Pod 挂载后即会绑定。</translation>
    </message>
    <message>
        <source>It waits for a volume (Pending)</source>
        <translation>正在等待卷（Pending）</translation>
    </message>
    <message>
        <source>Set storageClassName, or create a PersistentVolume that fits its size and access modes.</source>
        <translation>请设置 storageClassName，或创建大小和访问模式匹配的 PersistentVolume。</translation>
    </message>
    <message>
        <source>The node does not report any more (NotReady)</source>
        <translation>节点已停止上报状态（NotReady）</translation>
    </message>
    <message>
        <source>The node is not ready (NotReady)</source>
        <translation>节点未就绪（NotReady）</translation>
    </message>
    <message>
        <source>Look at the console log; stop and start the cluster if it does not come back within a minute. Pods are kept.</source>
        <translation>请查看控制台日志；如果一分钟内没有恢复，请停止并重新启动集群。Pod 会保留。</translation>
    </message>
    <message>
        <source>The node is short of memory (MemoryPressure)</source>
        <translation>节点内存紧张（MemoryPressure）</translation>
    </message>
    <message>
        <source>Pods may be put out. Give the cluster more memory, or end pods.</source>
        <translation>Pod 可能被驱逐。请为集群分配更多内存，或结束一些 Pod。</translation>
    </message>
    <message>
        <source>The node is short of disk (DiskPressure)</source>
        <translation>节点磁盘空间紧张（DiskPressure）</translation>
    </message>
    <message>
        <source>Unused images are removed and pods may be put out. Prune images, or make the disk larger.</source>
        <translation>未使用的镜像会被移除，Pod 可能被驱逐。请清理镜像或扩大磁盘。</translation>
    </message>
    <message>
        <source>The node has too many processes (PIDPressure)</source>
        <translation>节点进程过多（PIDPressure）</translation>
    </message>
    <message>
        <source>A pod may be starting processes without end: find it and end it.</source>
        <translation>可能有 Pod 在不断启动进程：请找到并结束它。</translation>
    </message>
    <message>
        <source>The node is cordoned: nothing new is placed on it</source>
        <translation>节点已被标记为不可调度：不会再放置新的 Pod</translation>
    </message>
    <message>
        <source>The namespace is being deleted with all that is in it</source>
        <translation>正在删除该命名空间及其中的一切</translation>
    </message>
    <message>
        <source>See the objects that remain: their finalizers must be taken away by whoever set them.</source>
        <translation>请查看剩余的对象：其终结器须由设置者移除。</translation>
    </message>
</context>
<context>
    <name>ImagesPage</name>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
    <message>
        <source>Build an image</source>
        <translation>构建镜像</translation>
    </message>
    <message>
        <source>From a folder with a Dockerfile. Pods of this cluster can use the image at once.</source>
        <translation>由含有 Dockerfile 的文件夹构建，此集群的 Pod 可立即使用该镜像。</translation>
    </message>
    <message>
        <source>Build</source>
        <translation>构建</translation>
    </message>
    <message>
        <source>Pull an image</source>
        <translation>拉取镜像</translation>
    </message>
    <message>
        <source>From its registry, with what “docker login” stored for it. Without a registry in its name it comes from Docker Hub.</source>
        <translation>从其镜像仓库拉取，使用“docker login”保存的凭据。名称中没有仓库地址时来自 Docker Hub。</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>Pull</source>
        <translation>拉取</translation>
    </message>
    <message>
        <source>The archive to load</source>
        <translation>要载入的归档</translation>
    </message>
    <message>
        <source>Save the image as</source>
        <translation>镜像另存为</translation>
    </message>
    <message>
        <source>Give it another name</source>
        <translation>添加另一个名称</translation>
    </message>
    <message>
        <source>The image keeps the names it has. A registry in the name is where it can be pushed.</source>
        <translation>镜像保留已有的名称。名称中的仓库地址即可推送的位置。</translation>
    </message>
    <message>
        <source>New name</source>
        <translation>新名称</translation>
    </message>
    <message>
        <source>Tag</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>It could not be tagged %1</source>
        <translation>无法添加标签 %1</translation>
    </message>
    <message>
        <source>Push the image</source>
        <translation>推送镜像</translation>
    </message>
    <message>
        <source>To the registry in its name, with what “docker login” stored for it. Under another name it is tagged first.</source>
        <translation>推送到其名称中的镜像仓库，使用“docker login”保存的凭据。若改用其他名称，会先添加该标签。</translation>
    </message>
    <message>
        <source>Push</source>
        <translation>推送</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>An image is a program with all its files. Build one from a folder with a Dockerfile, or pull one: pods and containers are made of them.</source>
        <translation>镜像是一个程序及其所有文件。可由含有 Dockerfile 的文件夹构建，或从仓库拉取；Pod 和容器都由镜像创建。</translation>
    </message>
    <message>
        <source>Repository</source>
        <translation>仓库</translation>
    </message>
    <message>
        <source>Used by</source>
        <translation>使用者</translation>
    </message>
    <message>
        <source>Created</source>
        <translation>创建时间</translation>
    </message>
    <message>
        <source>ID</source>
        <translation>ID</translation>
    </message>
    <message>
        <source>(no name)</source>
        <translation>（无名称）</translation>
    </message>
    <message>
        <source>Names</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Pods</source>
        <translation>Pod</translation>
    </message>
    <message>
        <source>Containers</source>
        <translation>容器</translation>
    </message>
    <message>
        <source>Its history could not be read</source>
        <translation>无法读取其历史</translation>
    </message>
    <message>
        <source>%1 is in use</source>
        <translation>%1 正在使用中</translation>
    </message>
    <message>
        <source>By %1.</source>
        <translation>使用者：%1。</translation>
    </message>
    <message>
        <source>Remove those first, or give them another image.</source>
        <translation>请先移除它们，或为它们换用其他镜像。</translation>
    </message>
    <message>
        <source>%1 could not be removed</source>
        <translation>无法移除 %1</translation>
    </message>
    <message>
        <source>Build…</source>
        <translation>构建…</translation>
    </message>
    <message>
        <source>From a folder with a Dockerfile. A folder can also be dropped here.</source>
        <translation>由含有 Dockerfile 的文件夹构建，也可将文件夹拖放到此处。</translation>
    </message>
    <message>
        <source>Pull…</source>
        <translation>拉取…</translation>
    </message>
    <message>
        <source>Fetches an image from a registry.</source>
        <translation>从镜像仓库获取镜像。</translation>
    </message>
    <message>
        <source>Load…</source>
        <translation>载入…</translation>
    </message>
    <message>
        <source>Reads images from an archive, as “docker save” writes it.</source>
        <translation>从“docker save”写出的归档中读取镜像。</translation>
    </message>
    <message>
        <source>Prune…</source>
        <translation>清理…</translation>
    </message>
    <message>
        <source>Removes images that nothing uses. Shows first what that frees.</source>
        <translation>移除没有被使用的镜像，并先显示可释放的空间。</translation>
    </message>
    <message>
        <source>Tag…</source>
        <translation>添加标签…</translation>
    </message>
    <message>
        <source>Gives the image another name.</source>
        <translation>为镜像添加另一个名称。</translation>
    </message>
    <message>
        <source>Push…</source>
        <translation>推送…</translation>
    </message>
    <message>
        <source>Sends the image to a registry.</source>
        <translation>将镜像发送到镜像仓库。</translation>
    </message>
    <message>
        <source>Save…</source>
        <translation>保存…</translation>
    </message>
    <message>
        <source>Writes the image to an archive.</source>
        <translation>将镜像写入归档。</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Takes the name away, and the image with its last name.</source>
        <translation>移除此名称；移除最后一个名称时镜像也会移除。</translation>
    </message>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>1 pod</source>
        <translation>1 个 Pod</translation>
    </message>
    <message>
        <source>%1 pods</source>
        <translation>%1 个 Pod</translation>
    </message>
    <message>
        <source>1 container</source>
        <translation>1 个容器</translation>
    </message>
    <message>
        <source>%1 containers</source>
        <translation>%1 个容器</translation>
    </message>
</context>
<context>
    <name>IngressesPage</name>
    <message>
        <source>It leads to no Service.</source>
        <translation>它没有指向任何服务。</translation>
    </message>
    <message>
        <source>There is no Service %1 in the namespace %2.</source>
        <translation>命名空间 %2 中没有服务 %1。</translation>
    </message>
    <message>
        <source>The Service %1 has no port %2.</source>
        <translation>服务 %1 没有端口 %2。</translation>
    </message>
    <message>
        <source>The Service %1 has no ready pod behind it: its page says why.</source>
        <translation>服务 %1 背后没有就绪的 Pod：其页面说明了原因。</translation>
    </message>
    <message>
        <source>There is no IngressClass %1, so nobody serves it.</source>
        <translation>没有名为 %1 的 IngressClass，因此无人提供服务。</translation>
    </message>
    <message>
        <source>It names no IngressClass and none is the default one, so nobody serves it. Set spec.ingressClassName.</source>
        <translation>它没有指定 IngressClass，也没有默认的 IngressClass，因此无人提供服务。请设置 spec.ingressClassName。</translation>
    </message>
    <message>
        <source>It has no rule and no default backend.</source>
        <translation>它没有规则，也没有默认后端。</translation>
    </message>
    <message>
        <source>Answers</source>
        <translation>可以应答</translation>
    </message>
    <message>
        <source>Cannot answer</source>
        <translation>无法应答</translation>
    </message>
    <message>
        <source>Paths</source>
        <translation>路径</translation>
    </message>
    <message>
        <source>Host</source>
        <translation>主机</translation>
    </message>
    <message>
        <source>Path</source>
        <translation>路径</translation>
    </message>
    <message>
        <source>Service</source>
        <translation>服务</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Opens the address in the browser</source>
        <translation>在浏览器中打开该地址</translation>
    </message>
    <message>
        <source>Copy the address</source>
        <translation>复制地址</translation>
    </message>
    <message>
        <source>Copy the command</source>
        <translation>复制命令</translation>
    </message>
    <message>
        <source>The command asks for the host as it is. For the browser, %1 must lead to %2, by a line in /etc/hosts for instance.</source>
        <translation>该命令直接访问此主机名。要在浏览器中打开，%1 必须指向 %2，例如在 /etc/hosts 中添加一行。</translation>
    </message>
    <message>
        <source>No address is known: its controller has not given it one.</source>
        <translation>地址未知：控制器还没有为它分配地址。</translation>
    </message>
    <message>
        <source>It answers at %1, if that can be reached from here.</source>
        <translation>如果从本机可以到达，它在 %1 应答。</translation>
    </message>
    <message>
        <source>Ingresses</source>
        <translation>Ingress</translation>
    </message>
    <message>
        <source>An Ingress leads hosts and paths of one web address to Services. “kubectl create ingress” makes one.</source>
        <translation>Ingress 把一个网址的主机名和路径引向服务。可用“kubectl create ingress”创建。</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>类</translation>
    </message>
    <message>
        <source>Hosts</source>
        <translation>主机</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
</context>
<context>
    <name>JobsPage</name>
    <message>
        <source>Failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>Complete</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>Suspended</source>
        <translation>已挂起</translation>
    </message>
    <message>
        <source>Trying again</source>
        <translation>正在重试</translation>
    </message>
    <message>
        <source>%1 of its pods have failed; at %2 it gives up.</source>
        <translation>已有 %1 个 Pod 失败；达到 %2 个时放弃。</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>It could not be changed</source>
        <translation>无法更改</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Suspend</source>
        <translation>挂起</translation>
    </message>
    <message>
        <source>Lets it start pods again</source>
        <translation>允许它再次启动 Pod</translation>
    </message>
    <message>
        <source>Starts no more pods until it is resumed</source>
        <translation>在继续之前不再启动 Pod</translation>
    </message>
    <message>
        <source>Jobs</source>
        <translation>Job</translation>
    </message>
    <message>
        <source>A Job runs pods until enough of them have ended well. “kubectl create job” makes one.</source>
        <translation>Job 会运行 Pod，直到有足够多的 Pod 成功结束。可用“kubectl create job”创建。</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Failed pods</source>
        <translation>失败的 Pod</translation>
    </message>
    <message>
        <source>Completions</source>
        <translation>完成数</translation>
    </message>
    <message>
        <source>Pods</source>
        <translation>Pod</translation>
    </message>
    <message>
        <source>%1 running, %2 succeeded, %3 failed</source>
        <translation>%1 个运行中，%2 个成功，%3 个失败</translation>
    </message>
    <message>
        <source>At once</source>
        <translation>并行数</translation>
    </message>
    <message>
        <source>Duration</source>
        <translation>用时</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>等待中</translation>
    </message>
    <message>
        <source>CronJobs</source>
        <translation>CronJob</translation>
    </message>
    <message>
        <source>A CronJob makes a Job at set times. “kubectl create cronjob” makes one; “Run now” does not wait for the time.</source>
        <translation>CronJob 按设定的时间创建 Job。可用“kubectl create cronjob”创建；“立即运行”无需等到设定的时间。</translation>
    </message>
    <message>
        <source>never</source>
        <translation>从未</translation>
    </message>
    <message>
        <source>Schedule</source>
        <translation>时间表</translation>
    </message>
    <message>
        <source>Time zone</source>
        <translation>时区</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>下次</translation>
    </message>
    <message>
        <source>Last</source>
        <translation>上次</translation>
    </message>
    <message>
        <source>Last success</source>
        <translation>上次成功</translation>
    </message>
    <message>
        <source>While one runs</source>
        <translation>尚在运行时</translation>
    </message>
    <message>
        <source>Run now</source>
        <translation>立即运行</translation>
    </message>
    <message>
        <source>Makes a Job of its template at once</source>
        <translation>立即按其模板创建一个 Job</translation>
    </message>
    <message>
        <source>The Job could not be made</source>
        <translation>无法创建 Job</translation>
    </message>
</context>
<context>
    <name>LogMatcher</name>
    <message>
        <source>%1 (at character %2)</source>
        <translation>%1（第 %2 个字符处）</translation>
    </message>
</context>
<context>
    <name>LogTab</name>
    <message>
        <source>Logs</source>
        <translation>日志</translation>
    </message>
</context>
<context>
    <name>NodesPage</name>
    <message>
        <source>Not ready</source>
        <translation>未就绪</translation>
    </message>
    <message>
        <source>Takes no new pods</source>
        <translation>不接收新 Pod</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>%1, for pods %2</source>
        <translation>%1，可供 Pod 使用 %2</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>CPUs</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>Pods at most</source>
        <translation>Pod 上限</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>Kubernetes</source>
        <translation>Kubernetes</translation>
    </message>
    <message>
        <source>System</source>
        <translation>系统</translation>
    </message>
    <message>
        <source>Kernel</source>
        <translation>内核</translation>
    </message>
    <message>
        <source>Runtime</source>
        <translation>运行时</translation>
    </message>
    <message>
        <source>Taints</source>
        <translation>污点</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
    <message>
        <source>Nodes</source>
        <translation>节点</translation>
    </message>
    <message>
        <source>A node is a machine that pods run on.</source>
        <translation>节点是运行 Pod 的机器。</translation>
    </message>
</context>
<context>
    <name>ObjectColumns</name>
    <message>
        <source>%1 s</source>
        <translation>%1 秒</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 分钟</translation>
    </message>
    <message>
        <source>%1 h</source>
        <translation>%1 小时</translation>
    </message>
    <message>
        <source>%1 d</source>
        <translation>%1 天</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
</context>
<context>
    <name>OverviewPage</name>
    <message>
        <source>Uptime</source>
        <translation>运行时间</translation>
    </message>
    <message>
        <source>Kubernetes API</source>
        <translation>Kubernetes API</translation>
    </message>
    <message>
        <source>kubectl</source>
        <translation>kubectl</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>节点</translation>
    </message>
    <message>
        <source>Virtual machine</source>
        <translation>虚拟机</translation>
    </message>
    <message>
        <source>Console log</source>
        <translation>控制台日志</translation>
    </message>
    <message>
        <source>Another program is at work on this cluster</source>
        <translation>另一个程序正在操作此集群</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Does not answer yet</source>
        <translation>尚无响应</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Endpoint</source>
        <translation>端点</translation>
    </message>
    <message>
        <source>known after the first start</source>
        <translation>首次启动后可知</translation>
    </message>
    <message>
        <source>Ports</source>
        <translation>端口</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>Kubeconfig</source>
        <translation>Kubeconfig</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>试一试</translation>
    </message>
    <message>
        <source>The kubeconfig entry is missing or another context is current. “cove update-context” writes it again.</source>
        <translation>kubeconfig 条目缺失，或当前上下文是另一个。运行“cove update-context”可重新写入。</translation>
    </message>
    <message>
        <source>Not ready yet</source>
        <translation>尚未就绪</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Kubernetes</source>
        <translation>Kubernetes</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>CPUs</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>up to %1</source>
        <translation>最多 %1</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>处理器</translation>
    </message>
    <message>
        <source>Hardware virtualization (KVM)</source>
        <translation>硬件虚拟化 (KVM)</translation>
    </message>
    <message>
        <source>Software emulation</source>
        <translation>软件模拟</translation>
    </message>
</context>
<context>
    <name>Pages</name>
    <message>
        <source>Overview</source>
        <translation>概览</translation>
    </message>
    <message>
        <source>Console log</source>
        <translation>控制台日志</translation>
    </message>
    <message>
        <source>Activity</source>
        <translation>活动</translation>
    </message>
    <message>
        <source>Deployments</source>
        <translation>Deployment</translation>
    </message>
    <message>
        <source>Pods</source>
        <translation>Pod</translation>
    </message>
    <message>
        <source>Services</source>
        <translation>服务</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>事件</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>应用</translation>
    </message>
    <message>
        <source>Diagnostics</source>
        <translation>诊断</translation>
    </message>
    <message>
        <source>Workloads</source>
        <translation>工作负载</translation>
    </message>
    <message>
        <source>Ingresses</source>
        <translation>Ingress</translation>
    </message>
    <message>
        <source>Config</source>
        <translation>配置</translation>
    </message>
    <message>
        <source>Storage</source>
        <translation>存储</translation>
    </message>
    <message>
        <source>Jobs</source>
        <translation>Job</translation>
    </message>
    <message>
        <source>Custom resources</source>
        <translation>自定义资源</translation>
    </message>
    <message>
        <source>Nodes</source>
        <translation>节点</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>Containers</source>
        <translation>容器</translation>
    </message>
    <message>
        <source>Demo</source>
        <translation>演示</translation>
    </message>
</context>
<context>
    <name>PodStates</name>
    <message>
        <source>The image cannot be pulled. Check its name and tag, and that the registry can be reached and lets you in; or build it here.</source>
        <translation>无法拉取镜像。请检查镜像名称和标签，以及镜像仓库是否可达且允许访问；也可以在此构建。</translation>
    </message>
    <message>
        <source>The image&apos;s name is not a valid one. Correct it in the pod&apos;s template.</source>
        <translation>镜像名称无效。请在 Pod 模板中更正。</translation>
    </message>
    <message>
        <source>The image is not on the node and its pull policy forbids pulling it. Build or load it.</source>
        <translation>节点上没有该镜像，且拉取策略禁止拉取。请构建或载入该镜像。</translation>
    </message>
    <message>
        <source>The container ends again and again; it is started anew after a growing pause. Its log and its last exit code say why.</source>
        <translation>容器反复退出，每次重新启动前的等待会越来越长。其日志和上次退出码说明了原因。</translation>
    </message>
    <message>
        <source>The container used more memory than its limit and was ended. Raise the limit or make it use less.</source>
        <translation>容器使用的内存超过限制而被终止。请提高限制或减少内存使用。</translation>
    </message>
    <message>
        <source>The container refers to a ConfigMap, Secret or key that is not there. Create it or correct the reference.</source>
        <translation>容器引用的 ConfigMap、Secret 或键不存在。请创建它或更正引用。</translation>
    </message>
    <message>
        <source>The node ran short of memory or disk and put the pod out. Give the node more, or ask for less.</source>
        <translation>节点内存或磁盘不足，驱逐了该 Pod。请给节点更多资源，或减少请求。</translation>
    </message>
    <message>
        <source>The container ended with an error. Its log says why.</source>
        <translation>容器因错误退出。其日志说明了原因。</translation>
    </message>
    <message>
        <source>%1 ended with exit code %2</source>
        <translation>%1 以退出码 %2 结束</translation>
    </message>
</context>
<context>
    <name>PodsPage</name>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Ends the pod. What owns it, like a Deployment, starts another.</source>
        <translation>结束该 Pod。其所有者（如 Deployment）会启动另一个。</translation>
    </message>
    <message>
        <source>The pod %1 could not be deleted</source>
        <translation>无法删除 Pod %1</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Restarts</source>
        <translation>重启次数</translation>
    </message>
    <message>
        <source>IP</source>
        <translation>IP</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>节点</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Owner</source>
        <translation>所有者</translation>
    </message>
    <message>
        <source>Container</source>
        <translation>容器</translation>
    </message>
    <message>
        <source>Service account</source>
        <translation>服务账号</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
    <message>
        <source>Pods</source>
        <translation>Pod</translation>
    </message>
    <message>
        <source>A pod is one or more containers that run together on the node and share an address. Deployments make them; so does “kubectl run”.</source>
        <translation>Pod 是在节点上一起运行并共享一个地址的一个或多个容器。Deployment 会创建 Pod，“kubectl run”也可以。</translation>
    </message>
    <message>
        <source>Terminal</source>
        <translation>终端</translation>
    </message>
    <message>
        <source>Ports</source>
        <translation>端口</translation>
    </message>
    <message>
        <source>Metrics</source>
        <translation>指标</translation>
    </message>
</context>
<context>
    <name>PruneDialog</name>
    <message>
        <source>Remove unused images?</source>
        <translation>移除未使用的镜像？</translation>
    </message>
    <message>
        <source>Images that a pod or a container uses stay.</source>
        <translation>被 Pod 或容器使用的镜像会保留。</translation>
    </message>
    <message>
        <source>Only those without a name</source>
        <translation>仅没有名称的镜像</translation>
    </message>
    <message>
        <source>All that nothing uses</source>
        <translation>所有未被使用的镜像</translation>
    </message>
    <message>
        <source>What is removed</source>
        <translation>将移除的内容</translation>
    </message>
    <message>
        <source>Measuring…</source>
        <translation>正在测量…</translation>
    </message>
    <message>
        <source>Keep them</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>There is nothing to remove.</source>
        <translation>没有可移除的镜像。</translation>
    </message>
    <message>
        <source>1 image; this frees at least %1.</source>
        <translation>1 个镜像，至少可释放 %1。</translation>
    </message>
    <message>
        <source>%1 images; this frees at least %2.</source>
        <translation>%1 个镜像，至少可释放 %2。</translation>
    </message>
</context>
<context>
    <name>References</name>
    <message>
        <source>and %1 more</source>
        <translation>以及另外 %1 个</translation>
    </message>
</context>
<context>
    <name>ReleaseTasks</name>
    <message>
        <source>%1 of %2 updated, %3 available</source>
        <translation>已更新 %1/%2，可用 %3</translation>
    </message>
    <message>
        <source>See its pods for the reason, or undo it in its history.</source>
        <translation>可在其 Pod 中查看原因，或在历史中回退。</translation>
    </message>
    <message>
        <source>its rollout is paused</source>
        <translation>其发布已暂停</translation>
    </message>
    <message>
        <source>Roll out %2 to %1</source>
        <translation>将 %2 发布到 %1</translation>
    </message>
    <message>
        <source>Rolling out %2 to %1…</source>
        <translation>正在将 %2 发布到 %1…</translation>
    </message>
    <message>
        <source>%1 runs %2</source>
        <translation>%1 已运行 %2</translation>
    </message>
    <message>
        <source>%2 could not be rolled out to %1</source>
        <translation>%2 未能发布到 %1</translation>
    </message>
    <message>
        <source>its rollout is paused: resume it</source>
        <translation>发布已暂停：请继续发布</translation>
    </message>
</context>
<context>
    <name>Rollout</name>
    <message>
        <source>Or go back: choose an earlier revision under History and undo.</source>
        <translation>或者回退：在“历史”中选择较早的版本并撤销。</translation>
    </message>
    <message>
        <source>Its pods cannot be made</source>
        <translation>无法创建它的 Pod</translation>
    </message>
    <message>
        <source>A quota, a policy or an admission webhook refused them. Change what it names, or the template.</source>
        <translation>它们被配额、策略或准入 Webhook 拒绝。请更改其中提到的内容，或修改模板。</translation>
    </message>
    <message>
        <source>%1 of the new version: %2</source>
        <translation>新版本的 %1：%2</translation>
    </message>
    <message>
        <source>No node takes it: ask for less, or give the node more.</source>
        <translation>没有节点接收它：请减少其请求，或为节点增加资源。</translation>
    </message>
    <message>
        <source>It does not become ready: look at its readiness probe and its log.</source>
        <translation>它一直未就绪：请查看其就绪探针和日志。</translation>
    </message>
    <message>
        <source>It made no progress for %1 s</source>
        <translation>已有 %1 秒没有进展</translation>
    </message>
</context>
<context>
    <name>SecretText</name>
    <message>
        <source>%1, a new value</source>
        <translation>%1，新值</translation>
    </message>
</context>
<context>
    <name>Sentences</name>
    <message>
        <source>Cannot %1: %2.</source>
        <translation>无法%1：%2。</translation>
    </message>
    <message>
        <source>%1 %2</source>
        <translation>%1%2</translation>
    </message>
    <message>
        <source>wait for %1</source>
        <translation>等待%1</translation>
    </message>
    <message>
        <source>pause %1</source>
        <translation>暂停%1</translation>
    </message>
    <message>
        <source>stop %1</source>
        <translation>停止%1</translation>
    </message>
    <message>
        <source>start %1</source>
        <translation>启动%1</translation>
    </message>
    <message>
        <source>delete %1</source>
        <translation>删除%1</translation>
    </message>
    <message>
        <source>find %1</source>
        <translation>找到%1</translation>
    </message>
    <message>
        <source>give the cluster %1</source>
        <translation>给集群分配%1</translation>
    </message>
    <message>
        <source>finish the step %1</source>
        <translation>完成步骤%1</translation>
    </message>
    <message>
        <source>create the folder %1</source>
        <translation>创建文件夹 %1</translation>
    </message>
    <message>
        <source>look at %1</source>
        <translation>查看 %1</translation>
    </message>
    <message>
        <source>use the folder %1</source>
        <translation>使用文件夹 %1</translation>
    </message>
    <message>
        <source>use the profile name %1</source>
        <translation>使用配置名 %1</translation>
    </message>
    <message>
        <source>publish port %1</source>
        <translation>发布端口 %1</translation>
    </message>
    <message>
        <source>open published ports for %1</source>
        <translation>为%1打开已发布的端口</translation>
    </message>
    <message>
        <source>open ports for %1</source>
        <translation>为%1打开端口</translation>
    </message>
    <message>
        <source>write the kubeconfig entry of %1</source>
        <translation>写入%1的 kubeconfig 条目</translation>
    </message>
    <message>
        <source>open a shell in %1</source>
        <translation>在%1中打开 shell</translation>
    </message>
    <message>
        <source>change the network of %1</source>
        <translation>更改%1的网络</translation>
    </message>
    <message>
        <source>reach %1</source>
        <translation>连接%1</translation>
    </message>
    <message>
        <source>open %1</source>
        <translation>打开 %1</translation>
    </message>
    <message>
        <source>open the lock %1</source>
        <translation>打开锁 %1</translation>
    </message>
    <message>
        <source>read %1</source>
        <translation>读取 %1</translation>
    </message>
    <message>
        <source>write %1</source>
        <translation>写入 %1</translation>
    </message>
    <message>
        <source>create %1</source>
        <translation>创建 %1</translation>
    </message>
    <message>
        <source>make %1</source>
        <translation>创建 %1</translation>
    </message>
    <message>
        <source>remove %1</source>
        <translation>删除 %1</translation>
    </message>
    <message>
        <source>sync %1</source>
        <translation>同步 %1</translation>
    </message>
    <message>
        <source>verify %1</source>
        <translation>校验 %1</translation>
    </message>
    <message>
        <source>lock %1</source>
        <translation>锁定 %1</translation>
    </message>
    <message>
        <source>run %1</source>
        <translation>运行 %1</translation>
    </message>
    <message>
        <source>set the permissions of %1</source>
        <translation>设置 %1 的权限</translation>
    </message>
    <message>
        <source>read the free space of %1</source>
        <translation>读取 %1 的可用空间</translation>
    </message>
    <message>
        <source>enter the folder %1</source>
        <translation>进入文件夹 %1</translation>
    </message>
    <message>
        <source>start a program</source>
        <translation>启动程序</translation>
    </message>
    <message>
        <source>read the cluster&apos;s state %1</source>
        <translation>读取集群状态 %1</translation>
    </message>
    <message>
        <source>open port %1</source>
        <translation>打开端口 %1</translation>
    </message>
    <message>
        <source>open a port for %1</source>
        <translation>为%1打开端口</translation>
    </message>
    <message>
        <source>use the data disk %1</source>
        <translation>使用数据磁盘 %1</translation>
    </message>
    <message>
        <source>open the data disk %1</source>
        <translation>打开数据磁盘 %1</translation>
    </message>
    <message>
        <source>read the data disk %1</source>
        <translation>读取数据磁盘 %1</translation>
    </message>
    <message>
        <source>create the data disk %1</source>
        <translation>创建数据磁盘 %1</translation>
    </message>
    <message>
        <source>make the data disk smaller %1</source>
        <translation>缩小数据磁盘 %1</translation>
    </message>
    <message>
        <source>grow the data disk %1</source>
        <translation>扩大数据磁盘 %1</translation>
    </message>
    <message>
        <source>use the system image %1</source>
        <translation>使用系统镜像 %1</translation>
    </message>
    <message>
        <source>find a system image in %1</source>
        <translation>在 %1 中找到系统镜像</translation>
    </message>
    <message>
        <source>open a channel</source>
        <translation>打开通道</translation>
    </message>
    <message>
        <source>open the channel %1 of %2</source>
        <translation>打开 %2 的通道 %1</translation>
    </message>
    <message>
        <source>connect to %1</source>
        <translation>连接到 %1</translation>
    </message>
    <message>
        <source>listen to the events of %1</source>
        <translation>监听 %1 的事件</translation>
    </message>
    <message>
        <source>read the metadata of the virtual machine</source>
        <translation>读取虚拟机的元数据</translation>
    </message>
    <message>
        <source>take a snapshot %1</source>
        <translation>创建快照 %1</translation>
    </message>
    <message>
        <source>take a snapshot of %1</source>
        <translation>为 %1 创建快照</translation>
    </message>
    <message>
        <source>restore a snapshot of %1</source>
        <translation>恢复 %1 的快照</translation>
    </message>
    <message>
        <source>remove a snapshot of %1</source>
        <translation>删除 %1 的快照</translation>
    </message>
    <message>
        <source>list the snapshots of %1</source>
        <translation>列出 %1 的快照</translation>
    </message>
    <message>
        <source>look for the virtual machine %1</source>
        <translation>查找虚拟机 %1</translation>
    </message>
    <message>
        <source>ask for the version of %1</source>
        <translation>查询 %1 的版本</translation>
    </message>
    <message>
        <source>use %1</source>
        <translation>使用 %1</translation>
    </message>
    <message>
        <source>make the virtual machine %1</source>
        <translation>创建虚拟机 %1</translation>
    </message>
    <message>
        <source>change the virtual machine %1</source>
        <translation>更改虚拟机 %1</translation>
    </message>
    <message>
        <source>start the virtual machine %1</source>
        <translation>启动虚拟机 %1</translation>
    </message>
    <message>
        <source>continue the saved virtual machine %1</source>
        <translation>恢复已保存的虚拟机 %1</translation>
    </message>
    <message>
        <source>stop the virtual machine %1</source>
        <translation>停止虚拟机 %1</translation>
    </message>
    <message>
        <source>remove the virtual machine %1</source>
        <translation>删除虚拟机 %1</translation>
    </message>
    <message>
        <source>observe the virtual machine %1</source>
        <translation>查看虚拟机 %1 的状态</translation>
    </message>
    <message>
        <source>list the virtual machines</source>
        <translation>列出虚拟机</translation>
    </message>
    <message>
        <source>list the virtual machines %1</source>
        <translation>列出虚拟机 %1</translation>
    </message>
    <message>
        <source>find the network of the virtual machine %1</source>
        <translation>查找虚拟机 %1 的网络</translation>
    </message>
    <message>
        <source>forward a port to %1</source>
        <translation>将端口转发到 %1</translation>
    </message>
    <message>
        <source>stop forwarding a port to %1</source>
        <translation>停止将端口转发到 %1</translation>
    </message>
    <message>
        <source>list the forwarded ports of %1</source>
        <translation>列出 %1 的转发端口</translation>
    </message>
    <message>
        <source>forward port %1 of %2 to %3</source>
        <translation>将 %2 的端口 %1 转发到 %3</translation>
    </message>
    <message>
        <source>stop forwarding port %1 of %2 to %3</source>
        <translation>停止将 %2 的端口 %1 转发到 %3</translation>
    </message>
    <message>
        <source>save the virtual machine %1</source>
        <translation>保存虚拟机 %1</translation>
    </message>
    <message>
        <source>discard the saved memory of the virtual machine %1</source>
        <translation>丢弃虚拟机 %1 已保存的内存</translation>
    </message>
    <message>
        <source>read the network %1</source>
        <translation>读取网络 %1</translation>
    </message>
    <message>
        <source>make the network %1</source>
        <translation>创建网络 %1</translation>
    </message>
    <message>
        <source>look for the network %1</source>
        <translation>查找网络 %1</translation>
    </message>
    <message>
        <source>start the network %1</source>
        <translation>启动网络 %1</translation>
    </message>
    <message>
        <source>use the network %1</source>
        <translation>使用网络 %1</translation>
    </message>
    <message>
        <source>stop the network %1</source>
        <translation>停止网络 %1</translation>
    </message>
    <message>
        <source>remove the network %1</source>
        <translation>删除网络 %1</translation>
    </message>
    <message>
        <source>choose an address in the network %1</source>
        <translation>在网络 %1 中选择地址</translation>
    </message>
    <message>
        <source>issue a certificate for %1</source>
        <translation>为 %1 签发证书</translation>
    </message>
    <message>
        <source>configure %1</source>
        <translation>配置%1</translation>
    </message>
    <message>
        <source>ask %1</source>
        <translation>询问%1</translation>
    </message>
    <message>
        <source>power off %1</source>
        <translation>关闭%1的电源</translation>
    </message>
    <message>
        <source>set the clock of %1</source>
        <translation>设置%1的时钟</translation>
    </message>
    <message>
        <source>cluster &apos;%1&apos;</source>
        <translation>集群“%1”</translation>
    </message>
    <message>
        <source>the node of cluster &apos;%1&apos;</source>
        <translation>集群“%1”的节点</translation>
    </message>
    <message>
        <source>the virtual machine</source>
        <translation>虚拟机</translation>
    </message>
    <message>
        <source>the virtual machine to end</source>
        <translation>虚拟机结束</translation>
    </message>
    <message>
        <source>the node</source>
        <translation>节点</translation>
    </message>
    <message>
        <source>the home folder</source>
        <translation>主文件夹</translation>
    </message>
    <message>
        <source>a certificate</source>
        <translation>证书</translation>
    </message>
    <message>
        <source>a private key</source>
        <translation>私钥</translation>
    </message>
    <message>
        <source>a name in a certificate</source>
        <translation>证书中的名称</translation>
    </message>
    <message>
        <source>the authority&apos;s certificate</source>
        <translation>证书颁发机构的证书</translation>
    </message>
    <message>
        <source>the authority&apos;s key</source>
        <translation>证书颁发机构的密钥</translation>
    </message>
    <message>
        <source>a process</source>
        <translation>进程</translation>
    </message>
    <message>
        <source>a file in memory</source>
        <translation>内存中的文件</translation>
    </message>
    <message>
        <source>a published port</source>
        <translation>已发布的端口</translation>
    </message>
    <message>
        <source>%1 for %2</source>
        <translation>%1（用于 %2）</translation>
    </message>
    <message>
        <source>%1 CPUs</source>
        <translation>%1 个 CPU</translation>
    </message>
    <message>
        <source>%1 MiB of memory</source>
        <translation>%1 MiB 内存</translation>
    </message>
    <message>
        <source>a disk of %1 GiB</source>
        <translation>%1 GiB 的磁盘</translation>
    </message>
    <message>
        <source>a disk</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>it was cancelled</source>
        <translation>操作已取消</translation>
    </message>
    <message>
        <source>it was told to stop</source>
        <translation>它被要求停止</translation>
    </message>
    <message>
        <source>it is off</source>
        <translation>它已关闭</translation>
    </message>
    <message>
        <source>it is running</source>
        <translation>它正在运行</translation>
    </message>
    <message>
        <source>it is not running</source>
        <translation>它没有运行</translation>
    </message>
    <message>
        <source>it is defined</source>
        <translation>已定义</translation>
    </message>
    <message>
        <source>it is empty</source>
        <translation>它是空的</translation>
    </message>
    <message>
        <source>init did not answer; the power button was pressed</source>
        <translation>init 没有响应；已按下电源按钮</translation>
    </message>
    <message>
        <source>it did not end within 60 s; the power was cut</source>
        <translation>它没有在 60 秒内结束；已切断电源</translation>
    </message>
    <message>
        <source>the node did not shut down in time, so its power was cut; data already synced is safe</source>
        <translation>节点没有及时关机，因此切断了电源；已同步的数据是安全的</translation>
    </message>
    <message>
        <source>Run &apos;cove start&apos;.</source>
        <translation>请运行“cove start”。</translation>
    </message>
    <message>
        <source>Run &apos;cove start&apos; first.</source>
        <translation>请先运行“cove start”。</translation>
    </message>
    <message>
        <source>Run &apos;cove stop&apos; instead.</source>
        <translation>请改为运行“cove stop”。</translation>
    </message>
    <message>
        <source>Run &apos;cove start&apos; to create it.</source>
        <translation>请运行“cove start”来创建它。</translation>
    </message>
    <message>
        <source>Run &apos;cove start -p %1&apos; to create it.</source>
        <translation>请运行“cove start -p %1”来创建它。</translation>
    </message>
    <message>
        <source>Run &apos;%1&apos; again.</source>
        <translation>请再次运行“%1”。</translation>
    </message>
    <message>
        <source>Run &apos;%1&apos; again: it continues where it was.</source>
        <translation>请再次运行“%1”：它会从中断处继续。</translation>
    </message>
    <message>
        <source>Run &apos;%1&apos;.</source>
        <translation>请运行“%1”。</translation>
    </message>
    <message>
        <source>Run &apos;%1&apos; or &apos;%2&apos;.</source>
        <translation>请运行“%1”或“%2”。</translation>
    </message>
    <message>
        <source>Run &apos;%1&apos;; the cluster&apos;s data is kept.</source>
        <translation>请运行“%1”；集群的数据会保留。</translation>
    </message>
    <message>
        <source>Another program started it. Run &apos;%1&apos; or &apos;%2&apos;.</source>
        <translation>它是由其他程序启动的。请运行“%1”或“%2”。</translation>
    </message>
    <message>
        <source>&apos;%1&apos; continues it.</source>
        <translation>“%1”会继续进行。</translation>
    </message>
    <message>
        <source>the start was cancelled at &apos;%1&apos;</source>
        <translation>启动在“%1”处被取消</translation>
    </message>
    <message>
        <source>&apos;%1&apos; was interrupted at &apos;%2&apos;</source>
        <translation>“%1”在“%2”处中断</translation>
    </message>
    <message>
        <source>&apos;%1&apos; was cancelled at &apos;%2&apos;</source>
        <translation>“%1”在“%2”处被取消</translation>
    </message>
    <message>
        <source>its virtual machine runs although it was stopped</source>
        <translation>集群已停止，但它的虚拟机仍在运行</translation>
    </message>
    <message>
        <source>its virtual machine runs although it was paused</source>
        <translation>集群已暂停，但它的虚拟机仍在运行</translation>
    </message>
    <message>
        <source>its saved memory is gone</source>
        <translation>它保存的内存已丢失</translation>
    </message>
    <message>
        <source>its deletion did not come to its end</source>
        <translation>它的删除没有完成</translation>
    </message>
    <message>
        <source>another program saved its memory</source>
        <translation>其他程序保存了它的内存</translation>
    </message>
    <message>
        <source>another program froze its virtual machine</source>
        <translation>其他程序冻结了它的虚拟机</translation>
    </message>
    <message>
        <source>its virtual machine stands still: %1</source>
        <translation>它的虚拟机已停住：%1</translation>
    </message>
    <message>
        <source>its virtual machine is not known to libvirt any more</source>
        <translation>libvirt 已找不到它的虚拟机</translation>
    </message>
    <message>
        <source>this computer was restarted</source>
        <translation>这台计算机重新启动过</translation>
    </message>
    <message>
        <source>its virtual machine turned itself off</source>
        <translation>它的虚拟机自行关闭了</translation>
    </message>
    <message>
        <source>its virtual machine ended: %1</source>
        <translation>它的虚拟机已结束：%1</translation>
    </message>
    <message>
        <source>the Kubernetes API does not answer: %1</source>
        <translation>Kubernetes API 没有响应：%1</translation>
    </message>
    <message>
        <source>See &apos;cove logs&apos;; run &apos;%1&apos; and &apos;%2&apos; to restart the node.</source>
        <translation>请查看“cove logs”；运行“%1”和“%2”来重启节点。</translation>
    </message>
    <message>
        <source>the API server&apos;s answer is not JSON</source>
        <translation>API 服务器的响应不是 JSON</translation>
    </message>
    <message>
        <source>the node has no conditions yet</source>
        <translation>节点还没有状况信息</translation>
    </message>
    <message>
        <source>the node is not Ready</source>
        <translation>节点未就绪</translation>
    </message>
    <message>
        <source>the node is not Ready: %1</source>
        <translation>节点未就绪：%1</translation>
    </message>
    <message>
        <source>the API server answers %1: %2</source>
        <translation>API 服务器返回 %1：%2</translation>
    </message>
    <message>
        <source>the API server answers %1 for node %2</source>
        <translation>API 服务器对节点 %2 返回 %1</translation>
    </message>
    <message>
        <source>this way of running virtual machines cannot save memory</source>
        <translation>这种运行虚拟机的方式不能保存内存</translation>
    </message>
    <message>
        <source>this way of running virtual machines cannot forward ports</source>
        <translation>这种运行虚拟机的方式不能转发端口</translation>
    </message>
    <message>
        <source>this computer has %1</source>
        <translation>这台计算机有 %1 个</translation>
    </message>
    <message>
        <source>this computer has %1 MiB</source>
        <translation>这台计算机有 %1 MiB</translation>
    </message>
    <message>
        <source>Choose 1 to %1.</source>
        <translation>请选择 1 到 %1。</translation>
    </message>
    <message>
        <source>a cluster needs at least %1 MiB</source>
        <translation>集群至少需要 %1 MiB</translation>
    </message>
    <message>
        <source>a cluster needs at least %1 GiB</source>
        <translation>集群至少需要 %1 GiB</translation>
    </message>
    <message>
        <source>Choose more memory.</source>
        <translation>请选择更多内存。</translation>
    </message>
    <message>
        <source>Choose less memory.</source>
        <translation>请选择更少内存。</translation>
    </message>
    <message>
        <source>Choose a larger disk.</source>
        <translation>请选择更大的磁盘。</translation>
    </message>
    <message>
        <source>only %1 MiB of memory are free now; the cluster may take up to %2 MiB</source>
        <translation>目前只有 %1 MiB 可用内存；集群最多可能占用 %2 MiB</translation>
    </message>
    <message>
        <source>only %1 MiB are free where clusters are kept, %2 MiB are needed to begin</source>
        <translation>存放集群的位置只剩 %1 MiB，开始时需要 %2 MiB</translation>
    </message>
    <message>
        <source>the disk may grow to %1 GiB but only %2 are free now</source>
        <translation>磁盘可能增长到 %1 GiB，但目前只有 %2 可用</translation>
    </message>
    <message>
        <source>Free some disk space, or set XDG_DATA_HOME to a folder on a larger disk.</source>
        <translation>请释放一些磁盘空间，或将 XDG_DATA_HOME 设为更大磁盘上的文件夹。</translation>
    </message>
    <message>
        <source>Run the same command again to continue.</source>
        <translation>再次运行同一命令即可继续。</translation>
    </message>
    <message>
        <source>HOME is not set and the account has none</source>
        <translation>没有设置 HOME，该账户也没有主文件夹</translation>
    </message>
    <message>
        <source>Set HOME.</source>
        <translation>请设置 HOME。</translation>
    </message>
    <message>
        <source>it is not a folder that only this account may enter</source>
        <translation>它不是只有此账户可以进入的文件夹</translation>
    </message>
    <message>
        <source>Remove it, or set XDG_RUNTIME_DIR to a private folder of yours (mode 0700).</source>
        <translation>请删除它，或将 XDG_RUNTIME_DIR 设为您的私有文件夹（权限 0700）。</translation>
    </message>
    <message>
        <source>Choose a name such as &apos;cove&apos; or &apos;team-a&apos;.</source>
        <translation>请选择“cove”或“team-a”这样的名称。</translation>
    </message>
    <message>
        <source>it is longer than 30 characters</source>
        <translation>它超过 30 个字符</translation>
    </message>
    <message>
        <source>it does not start with a lowercase letter</source>
        <translation>它不以小写字母开头</translation>
    </message>
    <message>
        <source>it ends with &apos;-&apos;</source>
        <translation>它以“-”结尾</translation>
    </message>
    <message>
        <source>only lowercase letters, digits and &apos;-&apos; are allowed</source>
        <translation>只允许小写字母、数字和“-”</translation>
    </message>
    <message>
        <source>the node itself answers there</source>
        <translation>节点自身在那里提供服务</translation>
    </message>
    <message>
        <source>Publish another one.</source>
        <translation>请发布另一个端口。</translation>
    </message>
    <message>
        <source>the program cove is neither beside this one nor in PATH</source>
        <translation>程序 cove 既不在本程序旁边，也不在 PATH 中</translation>
    </message>
    <message>
        <source>Install the package with the command line.</source>
        <translation>请安装包含命令行的软件包。</translation>
    </message>
    <message>
        <source>it was never created</source>
        <translation>它从未被创建</translation>
    </message>
    <message>
        <source>it has never been started</source>
        <translation>它从未启动过</translation>
    </message>
    <message>
        <source>its virtual machine is not running</source>
        <translation>它的虚拟机没有运行</translation>
    </message>
    <message>
        <source>all %1 lines are in use</source>
        <translation>全部 %1 条线路都在使用中</translation>
    </message>
    <message>
        <source>Close one of the open shells.</source>
        <translation>请关闭一个已打开的 shell。</translation>
    </message>
    <message>
        <source>it was created with &apos;%1&apos;</source>
        <translation>它创建时使用的是“%1”</translation>
    </message>
    <message>
        <source>Delete the cluster and start it with the other network, or use another profile.</source>
        <translation>请删除集群并用另一种网络启动，或使用另一个配置。</translation>
    </message>
    <message>
        <source>the system image is newer than the paused cluster, so it boots afresh</source>
        <translation>系统镜像比暂停的集群新，因此重新启动</translation>
    </message>
    <message>
        <source>the virtual machine turned itself off</source>
        <translation>虚拟机自行关闭了</translation>
    </message>
    <message>
        <source>%1; the console&apos;s last line is &apos;%2&apos;</source>
        <translation>%1；控制台的最后一行是“%2”</translation>
    </message>
    <message>
        <source>See &apos;cove logs&apos; for the whole console, and run &apos;cove start&apos; to try again.</source>
        <translation>请用“cove logs”查看完整控制台，并运行“cove start”重试。</translation>
    </message>
    <message>
        <source>resumed from saved memory</source>
        <translation>从已保存的内存恢复</translation>
    </message>
    <message>
        <source>none needed: the node answers at %1</source>
        <translation>不需要：节点在 %1 响应</translation>
    </message>
    <message>
        <source>ports of containers will not answer on this computer: %1</source>
        <translation>容器的端口在这台计算机上不会响应：%1</translation>
    </message>
    <message>
        <source>context &apos;%1&apos; in %2</source>
        <translation>上下文“%1”，位于 %2</translation>
    </message>
    <message>
        <source>%1 GiB, grows as it fills</source>
        <translation>%1 GiB，随使用增长</translation>
    </message>
    <message>
        <source>%1 CPUs, %2 MiB of memory, KVM</source>
        <translation>%1 个 CPU，%2 MiB 内存，KVM</translation>
    </message>
    <message>
        <source>%1 CPUs, %2 MiB of memory, software emulation</source>
        <translation>%1 个 CPU，%2 MiB 内存，软件模拟</translation>
    </message>
    <message>
        <source>&apos;%1&apos; is not a string</source>
        <translation>“%1”不是字符串</translation>
    </message>
    <message>
        <source>&apos;%1&apos; is not true or false</source>
        <translation>“%1”不是 true 或 false</translation>
    </message>
    <message>
        <source>&apos;%1&apos; is not a whole number in range</source>
        <translation>“%1”不是范围内的整数</translation>
    </message>
    <message>
        <source>&apos;%1&apos; is not an object</source>
        <translation>“%1”不是对象</translation>
    </message>
    <message>
        <source>&apos;%1&apos; is not a list of strings</source>
        <translation>“%1”不是字符串列表</translation>
    </message>
    <message>
        <source>&apos;%1&apos; is not one of the known words</source>
        <translation>“%1”不是已知的词</translation>
    </message>
    <message>
        <source>Restore the file from a backup, or run &apos;cove delete&apos; to remove the cluster and start anew.</source>
        <translation>请从备份恢复该文件，或运行“cove delete”删除集群后重新开始。</translation>
    </message>
    <message>
        <source>it is not a JSON object</source>
        <translation>它不是 JSON 对象</translation>
    </message>
    <message>
        <source>it has no format number</source>
        <translation>它没有格式编号</translation>
    </message>
    <message>
        <source>a newer Cove wrote it (format %1, this one knows %2)</source>
        <translation>它由更新的 Cove 写入（格式 %1，本程序支持 %2）</translation>
    </message>
    <message>
        <source>Update Cove; nothing was changed.</source>
        <translation>请更新 Cove；没有做任何更改。</translation>
    </message>
    <message>
        <source>Update Cove.</source>
        <translation>请更新 Cove。</translation>
    </message>
    <message>
        <source>port %1 is used by another service of this cluster; using %2</source>
        <translation>端口 %1 已被此集群的另一项服务使用；改用 %2</translation>
    </message>
    <message>
        <source>port %1 belongs to another cluster of yours; using %2</source>
        <translation>端口 %1 属于您的另一个集群；改用 %2</translation>
    </message>
    <message>
        <source>port %1 may be opened by the administrator only; using %2</source>
        <translation>端口 %1 只有管理员可以打开；改用 %2</translation>
    </message>
    <message>
        <source>port %1 is taken by %2; using %3</source>
        <translation>端口 %1 已被占用（%2）；改用 %3</translation>
    </message>
    <message>
        <source>it is used by another service of this cluster</source>
        <translation>它已被此集群的另一项服务使用</translation>
    </message>
    <message>
        <source>it belongs to another cluster of yours</source>
        <translation>它属于您的另一个集群</translation>
    </message>
    <message>
        <source>it may be opened by the administrator only</source>
        <translation>它只有管理员可以打开</translation>
    </message>
    <message>
        <source>it is taken by %1</source>
        <translation>它已被占用：%1</translation>
    </message>
    <message>
        <source>another program</source>
        <translation>另一个程序</translation>
    </message>
    <message>
        <source>a program</source>
        <translation>某个程序</translation>
    </message>
    <message>
        <source>a program of another user</source>
        <translation>其他用户的程序</translation>
    </message>
    <message>
        <source>%1 (process %2)</source>
        <translation>%1（进程 %2）</translation>
    </message>
    <message>
        <source>%1 (process %2) is at &apos;%3&apos;</source>
        <translation>%1（进程 %2）正在执行“%3”</translation>
    </message>
    <message>
        <source>Free that port and try again.</source>
        <translation>请释放该端口后重试。</translation>
    </message>
    <message>
        <source>no free port was found</source>
        <translation>没有找到空闲端口</translation>
    </message>
    <message>
        <source>Close some programs that listen on this computer and try again.</source>
        <translation>请关闭一些在这台计算机上监听的程序后重试。</translation>
    </message>
    <message>
        <source>It was left untouched; restore it from a backup, or delete the cluster and start it again.</source>
        <translation>它没有被改动；请从备份恢复它，或删除集群后重新启动。</translation>
    </message>
    <message>
        <source>the file is empty</source>
        <translation>文件是空的</translation>
    </message>
    <message>
        <source>the file is missing</source>
        <translation>文件不存在</translation>
    </message>
    <message>
        <source>it is not a qcow2 disk</source>
        <translation>它不是 qcow2 磁盘</translation>
    </message>
    <message>
        <source>it is a qcow2 disk of version %1, not of version 3</source>
        <translation>它是版本 %1 的 qcow2 磁盘，而不是版本 3</translation>
    </message>
    <message>
        <source>it has a backing file, which Cove&apos;s disks never have</source>
        <translation>它有后备文件，而 Cove 的磁盘从来没有</translation>
    </message>
    <message>
        <source>it is encrypted, which Cove&apos;s disks never are</source>
        <translation>它已加密，而 Cove 的磁盘从不加密</translation>
    </message>
    <message>
        <source>QEMU marked it as corrupt</source>
        <translation>QEMU 将它标记为损坏</translation>
    </message>
    <message>
        <source>it keeps its data in another file, which Cove&apos;s disks never do</source>
        <translation>它把数据存放在另一个文件中，而 Cove 的磁盘从不这样</translation>
    </message>
    <message>
        <source>it uses qcow2 features Cove&apos;s disks never use</source>
        <translation>它使用了 Cove 磁盘从不使用的 qcow2 特性</translation>
    </message>
    <message>
        <source>its header has an impossible cluster size</source>
        <translation>它的文件头中的簇大小不可能</translation>
    </message>
    <message>
        <source>its header has an impossible size</source>
        <translation>它的文件头中的大小不可能</translation>
    </message>
    <message>
        <source>it is cut off</source>
        <translation>它被截断了</translation>
    </message>
    <message>
        <source>it is not a regular file</source>
        <translation>它不是普通文件</translation>
    </message>
    <message>
        <source>it is not a file</source>
        <translation>它不是文件</translation>
    </message>
    <message>
        <source>qemu-img ended with code %1</source>
        <translation>qemu-img 以代码 %1 结束</translation>
    </message>
    <message>
        <source>your disk quota is used up</source>
        <translation>您的磁盘配额已用完</translation>
    </message>
    <message>
        <source>the disk of this computer is full</source>
        <translation>这台计算机的磁盘已满</translation>
    </message>
    <message>
        <source>Free some space in %1 and try again.</source>
        <translation>请在 %1 中释放一些空间后重试。</translation>
    </message>
    <message>
        <source>another program has it open</source>
        <translation>另一个程序打开了它</translation>
    </message>
    <message>
        <source>Stop the cluster first.</source>
        <translation>请先停止集群。</translation>
    </message>
    <message>
        <source>the program qemu-img is not installed</source>
        <translation>没有安装程序 qemu-img</translation>
    </message>
    <message>
        <source>Install QEMU&apos;s disk tools (Debian and Ubuntu: the package qemu-utils).</source>
        <translation>请安装 QEMU 的磁盘工具（Debian 和 Ubuntu：软件包 qemu-utils）。</translation>
    </message>
    <message>
        <source>it was made with another size</source>
        <translation>它被创建成了另一个大小</translation>
    </message>
    <message>
        <source>Remove it by hand.</source>
        <translation>请手动删除它。</translation>
    </message>
    <message>
        <source>a size of %1 GiB is not possible</source>
        <translation>不能使用 %1 GiB 的大小</translation>
    </message>
    <message>
        <source>Choose between 1 and %1 GiB.</source>
        <translation>请在 1 到 %1 GiB 之间选择。</translation>
    </message>
    <message>
        <source>it has %1 and disks cannot shrink</source>
        <translation>它有 %1，而磁盘不能缩小</translation>
    </message>
    <message>
        <source>Ask for %1 GiB or more, or delete the cluster and start it again.</source>
        <translation>请要求 %1 GiB 或更多，或删除集群后重新启动。</translation>
    </message>
    <message>
        <source>Reinstall Cove, or build the system image again.</source>
        <translation>请重新安装 Cove，或重新构建系统镜像。</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is missing</source>
        <translation>缺少“%1”</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is not a string</source>
        <translation>“%1”不是字符串</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is longer than %2 characters</source>
        <translation>“%1”超过 %2 个字符</translation>
    </message>
    <message>
        <source>&quot;%1&quot; has characters it may not have</source>
        <translation>“%1”含有不允许的字符</translation>
    </message>
    <message>
        <source>%1: the name is not a plain file name</source>
        <translation>%1：名称不是简单的文件名</translation>
    </message>
    <message>
        <source>%1: it is not an object</source>
        <translation>%1：它不是对象</translation>
    </message>
    <message>
        <source>%1: &quot;size&quot; is not a size in bytes</source>
        <translation>%1：“size”不是以字节计的大小</translation>
    </message>
    <message>
        <source>%1: &quot;sha256&quot; is not 64 lowercase hexadecimal digits</source>
        <translation>%1：“sha256”不是 64 位小写十六进制数字</translation>
    </message>
    <message>
        <source>&quot;files&quot; is not an object</source>
        <translation>“files”不是对象</translation>
    </message>
    <message>
        <source>&quot;files&quot; lists more than %1 files</source>
        <translation>“files”列出了超过 %1 个文件</translation>
    </message>
    <message>
        <source>&quot;files&quot; does not list %1</source>
        <translation>“files”没有列出 %1</translation>
    </message>
    <message>
        <source>&quot;format&quot; is not a positive number</source>
        <translation>“format”不是正数</translation>
    </message>
    <message>
        <source>its format is %1 and this version of Cove knows %2 only</source>
        <translation>它的格式是 %1，而此版本的 Cove 只支持 %2</translation>
    </message>
    <message>
        <source>it is not JSON (%1)</source>
        <translation>它不是 JSON（%1）</translation>
    </message>
    <message>
        <source>&quot;digest&quot; is not that of the files it lists</source>
        <translation>“digest”与所列文件不符</translation>
    </message>
    <message>
        <source>there is no manifest.json</source>
        <translation>没有 manifest.json</translation>
    </message>
    <message>
        <source>it has %1 bytes and the manifest says %2</source>
        <translation>它有 %1 字节，而清单中是 %2</translation>
    </message>
    <message>
        <source>the image was replaced meanwhile</source>
        <translation>镜像在此期间被替换</translation>
    </message>
    <message>
        <source>Try again.</source>
        <translation>请重试。</translation>
    </message>
    <message>
        <source>its bytes are not those the manifest lists</source>
        <translation>它的内容与清单不符</translation>
    </message>
    <message>
        <source>virtual machines of a session do not run as root</source>
        <translation>会话的虚拟机不以 root 身份运行</translation>
    </message>
    <message>
        <source>Run Cove as an ordinary user.</source>
        <translation>请以普通用户身份运行 Cove。</translation>
    </message>
    <message>
        <source>the connection to libvirt was lost</source>
        <translation>与 libvirt 的连接已断开</translation>
    </message>
    <message>
        <source>they are not as Cove writes them</source>
        <translation>它们不是 Cove 写入的形式</translation>
    </message>
    <message>
        <source>the virtual machine has no disk that can hold snapshots</source>
        <translation>虚拟机没有可以保存快照的磁盘</translation>
    </message>
    <message>
        <source>the computer has not enough free memory</source>
        <translation>计算机没有足够的可用内存</translation>
    </message>
    <message>
        <source>Close other programs or give the virtual machine less memory.</source>
        <translation>请关闭其他程序，或给虚拟机分配更少内存。</translation>
    </message>
    <message>
        <source>the disk is full</source>
        <translation>磁盘已满</translation>
    </message>
    <message>
        <source>Free some disk space and try again.</source>
        <translation>请释放一些磁盘空间后重试。</translation>
    </message>
    <message>
        <source>the disk quota is used up</source>
        <translation>磁盘配额已用完</translation>
    </message>
    <message>
        <source>QEMU is not installed</source>
        <translation>没有安装 QEMU</translation>
    </message>
    <message>
        <source>Install the package qemu-system-x86.</source>
        <translation>请安装软件包 qemu-system-x86。</translation>
    </message>
    <message>
        <source>QEMU is not installed; install the package qemu-system-x86.</source>
        <translation>没有安装 QEMU；请安装软件包 qemu-system-x86。</translation>
    </message>
    <message>
        <source>libvirt has no driver for this kind of virtual machine</source>
        <translation>libvirt 没有适用于这种虚拟机的驱动程序</translation>
    </message>
    <message>
        <source>Install the package libvirt-daemon-driver-qemu.</source>
        <translation>请安装软件包 libvirt-daemon-driver-qemu。</translation>
    </message>
    <message>
        <source>Check that XDG_RUNTIME_DIR is a folder of your own.</source>
        <translation>请检查 XDG_RUNTIME_DIR 是否是您自己的文件夹。</translation>
    </message>
    <message>
        <source>Add your account to the group kvm, log in again, or start without hardware virtualization.</source>
        <translation>请将您的账户加入 kvm 组并重新登录，或在没有硬件虚拟化的情况下启动。</translation>
    </message>
    <message>
        <source>The system image is missing or unreadable; install it again.</source>
        <translation>系统镜像缺失或无法读取；请重新安装。</translation>
    </message>
    <message>
        <source>The system image is missing or damaged; install it again.</source>
        <translation>系统镜像缺失或已损坏；请重新安装。</translation>
    </message>
    <message>
        <source>Another program uses the disk; stop it first.</source>
        <translation>另一个程序正在使用该磁盘；请先停止它。</translation>
    </message>
    <message>
        <source>Add your account to the group libvirt and log in again, or use the user network.</source>
        <translation>请将您的账户加入 libvirt 组并重新登录，或使用用户模式网络。</translation>
    </message>
    <message>
        <source>the libvirt daemon is not running (%1)</source>
        <translation>libvirt 守护进程没有运行（%1）</translation>
    </message>
    <message>
        <source>the libvirt daemon cannot be started (%1)</source>
        <translation>无法启动 libvirt 守护进程（%1）</translation>
    </message>
    <message>
        <source>Install the package libvirt-daemon-system and start the service libvirtd.</source>
        <translation>请安装软件包 libvirt-daemon-system 并启动服务 libvirtd。</translation>
    </message>
    <message>
        <source>Install the package libvirt-daemon.</source>
        <translation>请安装软件包 libvirt-daemon。</translation>
    </message>
    <message>
        <source>libvirt is not installed</source>
        <translation>没有安装 libvirt</translation>
    </message>
    <message>
        <source>libvirt gave no reason</source>
        <translation>libvirt 没有给出原因</translation>
    </message>
    <message>
        <source>Let the account libvirt-qemu enter the folders above the file, or use the user network.</source>
        <translation>请允许账户 libvirt-qemu 进入该文件的上级文件夹，或使用用户模式网络。</translation>
    </message>
    <message>
        <source>The virtual machine runs in software and is several times slower: %1</source>
        <translation>虚拟机以软件方式运行，速度慢数倍：%1</translation>
    </message>
    <message>
        <source>your account may not use %1; add it to the group kvm and log in again.</source>
        <translation>您的账户不能使用 %1；请将它加入 kvm 组并重新登录。</translation>
    </message>
    <message>
        <source>this computer offers no hardware virtualization (%1 is missing); switch it on in the firmware, or allow nested virtualization when this is a virtual machine itself.</source>
        <translation>这台计算机没有提供硬件虚拟化（缺少 %1）；请在固件中开启，如果它本身是虚拟机，请允许嵌套虚拟化。</translation>
    </message>
    <message>
        <source>%1 cannot be opened (%2).</source>
        <translation>无法打开 %1（%2）。</translation>
    </message>
    <message>
        <source>%1 is there but a guest does not get through its boot on it, as happens on nested or restricted hosts; check that nested virtualization is fully enabled.</source>
        <translation>%1 存在，但客户机无法在其上完成启动，这常见于嵌套或受限的主机；请检查嵌套虚拟化是否完全启用。</translation>
    </message>
    <message>
        <source>QEMU stopped the virtual machine because a disk failed or the host&apos;s disk is full</source>
        <translation>由于磁盘故障或主机磁盘已满，QEMU 停住了虚拟机</translation>
    </message>
    <message>
        <source>the virtual machine crashed</source>
        <translation>虚拟机崩溃了</translation>
    </message>
    <message>
        <source>the virtual machine&apos;s watchdog stopped it</source>
        <translation>虚拟机的看门狗停止了它</translation>
    </message>
    <message>
        <source>QEMU was killed or crashed</source>
        <translation>QEMU 被终止或崩溃了</translation>
    </message>
    <message>
        <source>QEMU could not be started</source>
        <translation>无法启动 QEMU</translation>
    </message>
    <message>
        <source>libvirt ended the virtual machine because it lost control of it</source>
        <translation>libvirt 失去对虚拟机的控制，因此结束了它</translation>
    </message>
    <message>
        <source>the path is too long</source>
        <translation>路径太长</translation>
    </message>
    <message>
        <source>there is no such virtual machine</source>
        <translation>没有这样的虚拟机</translation>
    </message>
    <message>
        <source>the virtual machine is not off</source>
        <translation>虚拟机没有关闭</translation>
    </message>
    <message>
        <source>the virtual machine is not running</source>
        <translation>虚拟机没有运行</translation>
    </message>
    <message>
        <source>Stop it first.</source>
        <translation>请先停止它。</translation>
    </message>
    <message>
        <source>Start it first.</source>
        <translation>请先启动它。</translation>
    </message>
    <message>
        <source>the NAT network belongs to the system&apos;s libvirt</source>
        <translation>NAT 网络属于系统的 libvirt</translation>
    </message>
    <message>
        <source>Use the user network, or the system&apos;s libvirt.</source>
        <translation>请使用用户模式网络，或系统的 libvirt。</translation>
    </message>
    <message>
        <source>Use the user network.</source>
        <translation>请使用用户模式网络。</translation>
    </message>
    <message>
        <source>a virtual machine of that name exists that this account did not make with Cove</source>
        <translation>已存在同名的虚拟机，但不是此账户用 Cove 创建的</translation>
    </message>
    <message>
        <source>Choose another name, or remove that virtual machine with virsh.</source>
        <translation>请选择另一个名称，或用 virsh 删除该虚拟机。</translation>
    </message>
    <message>
        <source>Discard the saved memory to boot afresh; the disks are kept.</source>
        <translation>丢弃已保存的内存即可重新启动；磁盘会保留。</translation>
    </message>
    <message>
        <source>its address is not noted</source>
        <translation>没有记录它的地址</translation>
    </message>
    <message>
        <source>Stop it and start it again.</source>
        <translation>请停止后重新启动。</translation>
    </message>
    <message>
        <source>another program is using it</source>
        <translation>另一个程序正在使用它</translation>
    </message>
    <message>
        <source>too many channels are open</source>
        <translation>打开的通道太多</translation>
    </message>
    <message>
        <source>libvirt&apos;s test driver has no channels</source>
        <translation>libvirt 的测试驱动没有通道</translation>
    </message>
    <message>
        <source>it already has a snapshot named &apos;%1&apos;</source>
        <translation>它已有名为“%1”的快照</translation>
    </message>
    <message>
        <source>Choose another name.</source>
        <translation>请选择另一个名称。</translation>
    </message>
    <message>
        <source>it has no snapshot named &apos;%1&apos;</source>
        <translation>它没有名为“%1”的快照</translation>
    </message>
    <message>
        <source>every network 192.168.N.0/24 is in use on this computer</source>
        <translation>这台计算机上所有 192.168.N.0/24 网络都已被使用</translation>
    </message>
    <message>
        <source>Check that the package dnsmasq-base is installed, or use the user network.</source>
        <translation>请检查是否安装了软件包 dnsmasq-base，或使用用户模式网络。</translation>
    </message>
    <message>
        <source>libvirt has a network of that name without IPv4 addresses</source>
        <translation>libvirt 有一个同名但没有 IPv4 地址的网络</translation>
    </message>
    <message>
        <source>Rename that network or use the user network.</source>
        <translation>请重命名该网络，或使用用户模式网络。</translation>
    </message>
    <message>
        <source>all of its addresses are in use</source>
        <translation>它的所有地址都已被使用</translation>
    </message>
    <message>
        <source>Delete a cluster you no longer need.</source>
        <translation>请删除一个不再需要的集群。</translation>
    </message>
    <message>
        <source>the port cannot be opened; another program is probably using it</source>
        <translation>无法打开该端口；可能有另一个程序正在使用它</translation>
    </message>
    <message>
        <source>Free the port or choose another.</source>
        <translation>请释放该端口或选择另一个。</translation>
    </message>
    <message>
        <source>the port cannot be opened; it is taken or reserved for the system</source>
        <translation>无法打开该端口；它已被占用或由系统保留</translation>
    </message>
    <message>
        <source>Choose a port above 1023.</source>
        <translation>请选择大于 1023 的端口。</translation>
    </message>
    <message>
        <source>a %1 in a certificate has 1 to 64 characters of UTF-8</source>
        <translation>证书中的 %1 为 1 到 64 个 UTF-8 字符</translation>
    </message>
    <message>
        <source>it is not a host name</source>
        <translation>它不是主机名</translation>
    </message>
    <message>
        <source>it is not an IP address</source>
        <translation>它不是 IP 地址</translation>
    </message>
    <message>
        <source>the authority&apos;s key does not fit its certificate</source>
        <translation>证书颁发机构的密钥与其证书不匹配</translation>
    </message>
    <message>
        <source>Move the folder away to have new certificates made; clients then need the new kubeconfig.</source>
        <translation>请移走该文件夹以生成新证书；之后客户端需要新的 kubeconfig。</translation>
    </message>
    <message>
        <source>the key does not fit %1</source>
        <translation>密钥与 %1 不匹配</translation>
    </message>
    <message>
        <source>it was not issued by the authority in this folder</source>
        <translation>它不是由此文件夹中的证书颁发机构签发的</translation>
    </message>
    <message>
        <source>the authority must be renewed and its key is missing</source>
        <translation>证书颁发机构需要续期，但缺少其密钥</translation>
    </message>
    <message>
        <source>a certificate must be issued and the authority&apos;s key is missing</source>
        <translation>需要签发证书，但缺少证书颁发机构的密钥</translation>
    </message>
    <message>
        <source>it is not an authority&apos;s certificate</source>
        <translation>它不是证书颁发机构的证书</translation>
    </message>
    <message>
        <source>OpenSSL refused it</source>
        <translation>OpenSSL 拒绝了它</translation>
    </message>
    <message>
        <source>OpenSSL refused it: %1</source>
        <translation>OpenSSL 拒绝了它：%1</translation>
    </message>
    <message>
        <source>it is not a certificate in PEM form</source>
        <translation>它不是 PEM 格式的证书</translation>
    </message>
    <message>
        <source>it is not an unencrypted private key in PEM form</source>
        <translation>它不是 PEM 格式的未加密私钥</translation>
    </message>
    <message>
        <source>line %1, column %2: %3</source>
        <translation>第 %1 行，第 %2 列：%3</translation>
    </message>
    <message>
        <source>Correct the file, or point KUBECONFIG at another one.</source>
        <translation>请更正该文件，或将 KUBECONFIG 指向另一个文件。</translation>
    </message>
    <message>
        <source>&apos;%1&apos; must be a list</source>
        <translation>“%1”必须是列表</translation>
    </message>
    <message>
        <source>an item of &apos;%1&apos; must be a mapping</source>
        <translation>“%1”的每一项必须是映射</translation>
    </message>
    <message>
        <source>&apos;name&apos; must be a string</source>
        <translation>“name”必须是字符串</translation>
    </message>
    <message>
        <source>&apos;%1&apos; must be a mapping</source>
        <translation>“%1”必须是映射</translation>
    </message>
    <message>
        <source>a kubeconfig is a mapping</source>
        <translation>kubeconfig 必须是映射</translation>
    </message>
    <message>
        <source>&apos;%1&apos; is there twice</source>
        <translation>“%1”出现了两次</translation>
    </message>
    <message>
        <source>&apos;%1&apos; of a kubeconfig is &apos;%2&apos;</source>
        <translation>kubeconfig 的“%1”是“%2”</translation>
    </message>
    <message>
        <source>&apos;current-context&apos; must be a string</source>
        <translation>“current-context”必须是字符串</translation>
    </message>
    <message>
        <source>Point KUBECONFIG at a kubeconfig file.</source>
        <translation>请将 KUBECONFIG 指向一个 kubeconfig 文件。</translation>
    </message>
    <message>
        <source>it uses YAML that cannot be written back safely</source>
        <translation>它使用了无法安全写回的 YAML</translation>
    </message>
    <message>
        <source>Point KUBECONFIG at another file.</source>
        <translation>请将 KUBECONFIG 指向另一个文件。</translation>
    </message>
    <message>
        <source>the entry has no name</source>
        <translation>该条目没有名称</translation>
    </message>
    <message>
        <source>it is longer than %1</source>
        <translation>它超过 %1</translation>
    </message>
    <message>
        <source>another program is at work on it</source>
        <translation>另一个程序正在对它进行操作</translation>
    </message>
    <message>
        <source>Wait for it to finish, or cancel it there.</source>
        <translation>请等待它完成，或在那里取消。</translation>
    </message>
    <message>
        <source>Check who owns it and its permissions.</source>
        <translation>请检查它的所有者和权限。</translation>
    </message>
    <message>
        <source>The file system is mounted read-only.</source>
        <translation>文件系统以只读方式挂载。</translation>
    </message>
    <message>
        <source>no program is named</source>
        <translation>没有指定程序</translation>
    </message>
    <message>
        <source>Install the package that has &apos;%1&apos;.</source>
        <translation>请安装包含“%1”的软件包。</translation>
    </message>
    <message>
        <source>Cove needs Linux 5.3 or newer.</source>
        <translation>Cove 需要 Linux 5.3 或更新版本。</translation>
    </message>
    <message>
        <source>it did not finish within %1 ms</source>
        <translation>它没有在 %1 毫秒内完成</translation>
    </message>
    <message>
        <source>the line to it was cut</source>
        <translation>与它的连线已中断</translation>
    </message>
    <message>
        <source>See the console log for why it ended.</source>
        <translation>请查看控制台日志了解它结束的原因。</translation>
    </message>
    <message>
        <source>it did not answer within %1 ms</source>
        <translation>它没有在 %1 毫秒内响应</translation>
    </message>
    <message>
        <source>See its console log.</source>
        <translation>请查看它的控制台日志。</translation>
    </message>
    <message>
        <source>its init did not answer within %1 ms</source>
        <translation>它的 init 没有在 %1 毫秒内响应</translation>
    </message>
    <message>
        <source>coved keeps ending: %1</source>
        <translation>coved 不断退出：%1</translation>
    </message>
    <message>
        <source>See the node&apos;s log.</source>
        <translation>请查看节点的日志。</translation>
    </message>
    <message>
        <source>the authority&apos;s certificate cannot be read</source>
        <translation>无法读取证书颁发机构的证书</translation>
    </message>
    <message>
        <source>the client&apos;s certificate cannot be read</source>
        <translation>无法读取客户端的证书</translation>
    </message>
    <message>
        <source>the client&apos;s key does not fit its certificate</source>
        <translation>客户端的密钥与其证书不匹配</translation>
    </message>
    <message>
        <source>that is not a host name or an address</source>
        <translation>这不是主机名或地址</translation>
    </message>
    <message>
        <source>its certificate is not trusted: %1</source>
        <translation>它的证书不受信任：%1</translation>
    </message>
    <message>
        <source>Run &apos;cove update-context&apos; if the cluster was made anew.</source>
        <translation>如果集群是重新创建的，请运行“cove update-context”。</translation>
    </message>
    <message>
        <source>it refused us: %1</source>
        <translation>它拒绝了我们：%1</translation>
    </message>
    <message>
        <source>it does not speak TLS as expected: %1</source>
        <translation>它的 TLS 行为不符合预期：%1</translation>
    </message>
    <message>
        <source>its name is not known: %1</source>
        <translation>它的名称无法解析：%1</translation>
    </message>
    <message>
        <source>the connection broke during the TLS handshake</source>
        <translation>连接在 TLS 握手期间中断</translation>
    </message>
    <message>
        <source>its answer is longer than 8 MiB</source>
        <translation>它的响应超过 8 MiB</translation>
    </message>
    <message>
        <source>its answer is not HTTP: %1</source>
        <translation>它的响应不是 HTTP：%1</translation>
    </message>
    <message>
        <source>the connection broke</source>
        <translation>连接中断</translation>
    </message>
    <message>
        <source>the path is not one of a URL</source>
        <translation>该路径不是 URL 的路径</translation>
    </message>
    <message>
        <source>no answer within %1 ms</source>
        <translation>在 %1 毫秒内没有响应</translation>
    </message>
    <message>
        <source>Permission denied</source>
        <translation>权限不足</translation>
    </message>
    <message>
        <source>No such file or directory</source>
        <translation>没有这样的文件或目录</translation>
    </message>
    <message>
        <source>No space left on device</source>
        <translation>设备上没有剩余空间</translation>
    </message>
    <message>
        <source>Disk quota exceeded</source>
        <translation>超出磁盘配额</translation>
    </message>
    <message>
        <source>Read-only file system</source>
        <translation>只读文件系统</translation>
    </message>
    <message>
        <source>Connection refused</source>
        <translation>连接被拒绝</translation>
    </message>
    <message>
        <source>Input/output error</source>
        <translation>输入/输出错误</translation>
    </message>
    <message>
        <source>Operation not permitted</source>
        <translation>不允许的操作</translation>
    </message>
    <message>
        <source>Device or resource busy</source>
        <translation>设备或资源忙</translation>
    </message>
    <message>
        <source>describe the virtual machine %1</source>
        <translation>描述虚拟机 %1</translation>
    </message>
    <message>
        <source>describe the virtual machine</source>
        <translation>描述虚拟机</translation>
    </message>
    <message>
        <source>forward a port</source>
        <translation>转发端口</translation>
    </message>
    <message>
        <source>name the snapshot</source>
        <translation>为快照命名</translation>
    </message>
    <message>
        <source>answer %1</source>
        <translation>应答 %1</translation>
    </message>
    <message>
        <source>do %1</source>
        <translation>执行 %1</translation>
    </message>
    <message>
        <source>watch %1</source>
        <translation>监视 %1</translation>
    </message>
    <message>
        <source>serve %1</source>
        <translation>提供 %1</translation>
    </message>
    <message>
        <source>the channel to the virtual machine</source>
        <translation>通往虚拟机的通道</translation>
    </message>
    <message>
        <source>a message on the channel</source>
        <translation>通道上的一条消息</translation>
    </message>
    <message>
        <source>the request</source>
        <translation>该请求</translation>
    </message>
    <message>
        <source>a port</source>
        <translation>一个端口</translation>
    </message>
    <message>
        <source>published ports</source>
        <translation>已发布的端口</translation>
    </message>
    <message>
        <source>it has more than 16 disks</source>
        <translation>它的磁盘超过 16 个</translation>
    </message>
    <message>
        <source>a disk&apos;s file is not an absolute path</source>
        <translation>有磁盘文件不是绝对路径</translation>
    </message>
    <message>
        <source>a disk&apos;s serial is not 1 to 20 letters, digits, &apos;_&apos; or &apos;-&apos;</source>
        <translation>有磁盘的序列号不是由 1 到 20 个字母、数字、“_”或“-”组成</translation>
    </message>
    <message>
        <source>two disks have the serial &apos;%1&apos;</source>
        <translation>两个磁盘的序列号都是“%1”</translation>
    </message>
    <message>
        <source>it has more than 16 channels</source>
        <translation>它的通道超过 16 个</translation>
    </message>
    <message>
        <source>a channel&apos;s name is not 1 to 64 letters, digits, &apos;.&apos;, &apos;_&apos; or &apos;-&apos;</source>
        <translation>有通道的名称不是由 1 到 64 个字母、数字、“.”、“_”或“-”组成</translation>
    </message>
    <message>
        <source>two channels have the name &apos;%1&apos;</source>
        <translation>两个通道的名称都是“%1”</translation>
    </message>
    <message>
        <source>the socket of channel &apos;%1&apos; is not an absolute path of at most 100 bytes</source>
        <translation>通道“%1”的套接字不是最长 100 字节的绝对路径</translation>
    </message>
    <message>
        <source>a name is 1 to 63 letters, digits, &apos;.&apos;, &apos;_&apos; or &apos;-&apos; and begins with a letter or digit</source>
        <translation>名称由 1 到 63 个字母、数字、“.”、“_”或“-”组成，并以字母或数字开头</translation>
    </message>
    <message>
        <source>its uuid is malformed</source>
        <translation>它的 UUID 格式不正确</translation>
    </message>
    <message>
        <source>its title is too long or has control characters</source>
        <translation>它的标题过长或含有控制字符</translation>
    </message>
    <message>
        <source>it has not 1 to 256 processors</source>
        <translation>它的处理器数量不在 1 到 256 之间</translation>
    </message>
    <message>
        <source>its memory is not between 128 MiB and 16 TiB</source>
        <translation>它的内存不在 128 MiB 到 16 TiB 之间</translation>
    </message>
    <message>
        <source>its kernel is not an absolute path</source>
        <translation>它的内核不是绝对路径</translation>
    </message>
    <message>
        <source>its initrd is not an absolute path</source>
        <translation>它的 initrd 不是绝对路径</translation>
    </message>
    <message>
        <source>its console log is not an absolute path</source>
        <translation>它的控制台日志不是绝对路径</translation>
    </message>
    <message>
        <source>its kernel command line is too long or has control characters</source>
        <translation>它的内核命令行过长或含有控制字符</translation>
    </message>
    <message>
        <source>its hardware address is not of the form 52:54:00:xx:xx:xx</source>
        <translation>它的硬件地址不是 52:54:00:xx:xx:xx 的形式</translation>
    </message>
    <message>
        <source>port 0 cannot be forwarded</source>
        <translation>端口 0 不能被转发</translation>
    </message>
    <message>
        <source>&apos;%1&apos; is not an IPv4 address</source>
        <translation>“%1”不是 IPv4 地址</translation>
    </message>
    <message>
        <source>too many are waiting</source>
        <translation>等待中的过多</translation>
    </message>
    <message>
        <source>it is not JSON</source>
        <translation>它不是 JSON</translation>
    </message>
    <message>
        <source>its member &apos;%1&apos; is wrong</source>
        <translation>它的成员“%1”不正确</translation>
    </message>
    <message>
        <source>&apos;%1&apos; is no node name</source>
        <translation>“%1”不是节点名称</translation>
    </message>
    <message>
        <source>&apos;%1&apos; is no IPv4 address</source>
        <translation>“%1”不是 IPv4 地址</translation>
    </message>
    <message>
        <source>the prefix length is not within 1 and 32</source>
        <translation>前缀长度不在 1 到 32 之间</translation>
    </message>
    <message>
        <source>a port&apos;s number is missing</source>
        <translation>缺少端口号</translation>
    </message>
    <message>
        <source>it has no configuration</source>
        <translation>它没有配置</translation>
    </message>
    <message>
        <source>this system image does not know that request</source>
        <translation>此系统镜像不认识该请求</translation>
    </message>
    <message>
        <source>Start the cluster again with the installed version of Cove.</source>
        <translation>请用已安装的 Cove 版本重新启动集群。</translation>
    </message>
    <message>
        <source>it has neither state nor error</source>
        <translation>它既没有状态也没有错误</translation>
    </message>
    <message>
        <source>it has no list of ports</source>
        <translation>它没有端口列表</translation>
    </message>
    <message>
        <source>it lists too many ports</source>
        <translation>它列出的端口过多</translation>
    </message>
    <message>
        <source>a port of the list is no object</source>
        <translation>列表中有端口不是对象</translation>
    </message>
    <message>
        <source>too many are published already</source>
        <translation>已发布的端口过多</translation>
    </message>
    <message>
        <source>Remove containers that you do not need.</source>
        <translation>请删除不需要的容器。</translation>
    </message>
    <message>
        <source>the host does not answer about a published port</source>
        <translation>主机没有就已发布的端口作出应答</translation>
    </message>
    <message>
        <source>use the proxy %1</source>
        <translation>使用代理 %1</translation>
    </message>
    <message>
        <source>except from the proxy %1</source>
        <translation>将 %1 排除在代理之外</translation>
    </message>
    <message>
        <source>Write a host and a port, such as proxy.example:3128.</source>
        <translation>请写主机和端口，例如 proxy.example:3128。</translation>
    </message>
    <message>
        <source>its address is too long</source>
        <translation>它的地址太长</translation>
    </message>
    <message>
        <source>its address has a space or another special character</source>
        <translation>它的地址中有空格或其他特殊字符</translation>
    </message>
    <message>
        <source>proxies are spoken to by http, not %1</source>
        <translation>与代理的通信使用 http，而不是 %1</translation>
    </message>
    <message>
        <source>its address has no host</source>
        <translation>它的地址中没有主机</translation>
    </message>
    <message>
        <source>its port is not a number from 1 to 65535</source>
        <translation>它的端口不是 1 到 65535 之间的数字</translation>
    </message>
    <message>
        <source>its address has a path</source>
        <translation>它的地址中有路径</translation>
    </message>
    <message>
        <source>the list is too long</source>
        <translation>列表太长</translation>
    </message>
    <message>
        <source>the list has a space or another special character</source>
        <translation>列表中有空格或其他特殊字符</translation>
    </message>
    <message>
        <source>Separate names and networks by commas: example.com,10.0.0.0/8.</source>
        <translation>请用逗号分隔名称和网段：example.com,10.0.0.0/8。</translation>
    </message>
    <message>
        <source>pulls and builds go through the proxy %1, as this environment says</source>
        <translation>按照环境变量，拉取和构建将通过代理 %1</translation>
    </message>
    <message>
        <source>proxy %1</source>
        <translation>代理 %1</translation>
    </message>
    <message>
        <source>a proxy has a special character in it</source>
        <translation>某个代理中含有特殊字符</translation>
    </message>
</context>
<context>
    <name>ServicesPage</name>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Opens the address in the browser</source>
        <translation>在浏览器中打开该地址</translation>
    </message>
    <message>
        <source>Copy the address</source>
        <translation>复制地址</translation>
    </message>
    <message>
        <source>No pod has the labels that its selector asks for.</source>
        <translation>没有 Pod 具有其选择器要求的标签。</translation>
    </message>
    <message>
        <source>None of its pods is ready.</source>
        <translation>它的 Pod 都未就绪。</translation>
    </message>
    <message>
        <source>Endpoints</source>
        <translation>端点</translation>
    </message>
    <message>
        <source>%1 ready</source>
        <translation>%1 就绪</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Cluster IP</source>
        <translation>集群 IP</translation>
    </message>
    <message>
        <source>External name</source>
        <translation>外部名称</translation>
    </message>
    <message>
        <source>Ports</source>
        <translation>端口</translation>
    </message>
    <message>
        <source>Selector</source>
        <translation>选择器</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
    <message>
        <source>Services</source>
        <translation>服务</translation>
    </message>
    <message>
        <source>A Service is one lasting address for the pods that have its labels. One of type NodePort or LoadBalancer opens in the browser from here.</source>
        <translation>服务为具有其标签的 Pod 提供一个固定地址。NodePort 或 LoadBalancer 类型的服务可从这里在浏览器中打开。</translation>
    </message>
</context>
<context>
    <name>Shortcuts</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
    <message>
        <source>Go to anything, run anything</source>
        <translation>前往任意位置，执行任意操作</translation>
    </message>
    <message>
        <source>First page; the others by 2 to 9</source>
        <translation>第一页；其他页面用 2 到 9</translation>
    </message>
    <message>
        <source>Search the list or the text</source>
        <translation>搜索列表或文本</translation>
    </message>
    <message>
        <source>Choose a cluster</source>
        <translation>选择集群</translation>
    </message>
    <message>
        <source>New cluster</source>
        <translation>新建集群</translation>
    </message>
    <message>
        <source>Activity list</source>
        <translation>活动列表</translation>
    </message>
    <message>
        <source>Complete in the YAML editor</source>
        <translation>在 YAML 编辑器中补全</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>偏好设置</translation>
    </message>
    <message>
        <source>Close the window</source>
        <translation>关闭窗口</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>菜单</translation>
    </message>
</context>
<context>
    <name>Steps</name>
    <message>
        <source>Check this computer</source>
        <translation>检查这台计算机</translation>
    </message>
    <message>
        <source>Create keys and certificates</source>
        <translation>创建密钥和证书</translation>
    </message>
    <message>
        <source>Create the disk</source>
        <translation>创建磁盘</translation>
    </message>
    <message>
        <source>Define the virtual machine</source>
        <translation>定义虚拟机</translation>
    </message>
    <message>
        <source>Boot the virtual machine</source>
        <translation>启动虚拟机</translation>
    </message>
    <message>
        <source>Configure the node</source>
        <translation>配置节点</translation>
    </message>
    <message>
        <source>Open the ports</source>
        <translation>开放端口</translation>
    </message>
    <message>
        <source>Wait for the Kubernetes API</source>
        <translation>等待 Kubernetes API</translation>
    </message>
    <message>
        <source>Wait for the node to be ready</source>
        <translation>等待节点就绪</translation>
    </message>
    <message>
        <source>Write the kubeconfig entry</source>
        <translation>写入 kubeconfig 条目</translation>
    </message>
    <message>
        <source>Shut the node down cleanly</source>
        <translation>正常关闭节点</translation>
    </message>
    <message>
        <source>Power the virtual machine off</source>
        <translation>关闭虚拟机电源</translation>
    </message>
    <message>
        <source>Save the memory to disk</source>
        <translation>将内存保存到磁盘</translation>
    </message>
    <message>
        <source>Remove the virtual machine</source>
        <translation>移除虚拟机</translation>
    </message>
    <message>
        <source>Remove disks and certificates</source>
        <translation>移除磁盘和证书</translation>
    </message>
    <message>
        <source>Remove the kubeconfig entry</source>
        <translation>移除 kubeconfig 条目</translation>
    </message>
    <message>
        <source>Close the ports</source>
        <translation>关闭端口</translation>
    </message>
    <message>
        <source>Build the image</source>
        <translation>构建镜像</translation>
    </message>
    <message>
        <source>Pull the image</source>
        <translation>拉取镜像</translation>
    </message>
    <message>
        <source>Push the image</source>
        <translation>推送镜像</translation>
    </message>
    <message>
        <source>Load the archive</source>
        <translation>载入归档</translation>
    </message>
    <message>
        <source>Save the images</source>
        <translation>保存镜像</translation>
    </message>
    <message>
        <source>Remove unused images</source>
        <translation>移除未使用的镜像</translation>
    </message>
    <message>
        <source>Set the image</source>
        <translation>设置镜像</translation>
    </message>
    <message>
        <source>Wait for the rollout</source>
        <translation>等待发布完成</translation>
    </message>
    <message>
        <source>Undo the rollout</source>
        <translation>撤销发布</translation>
    </message>
    <message>
        <source>Build an image of a page</source>
        <translation>把一个网页构建成镜像</translation>
    </message>
    <message>
        <source>Run ten pods of it</source>
        <translation>用它运行十个 Pod</translation>
    </message>
    <message>
        <source>Give them one address</source>
        <translation>给它们一个共同的地址</translation>
    </message>
    <message>
        <source>Wait until all ten answer</source>
        <translation>等待十个 Pod 全部就绪</translation>
    </message>
    <message>
        <source>Open the page</source>
        <translation>打开网页</translation>
    </message>
    <message>
        <source>Build the next version</source>
        <translation>构建下一个版本</translation>
    </message>
    <message>
        <source>Roll it out</source>
        <translation>发布新版本</translation>
    </message>
    <message>
        <source>Wait until all ten are new</source>
        <translation>等待十个 Pod 全部更新</translation>
    </message>
    <message>
        <source>Remove the pods</source>
        <translation>移除 Pod</translation>
    </message>
    <message>
        <source>Remove the address</source>
        <translation>移除地址</translation>
    </message>
    <message>
        <source>Remove the images</source>
        <translation>移除镜像</translation>
    </message>
    <message>
        <source>Write the settings down</source>
        <translation>写入设置</translation>
    </message>
</context>
<context>
    <name>StoragePage</name>
    <message>
        <source>Bound</source>
        <translation>已绑定</translation>
    </message>
    <message>
        <source>Available</source>
        <translation>可用</translation>
    </message>
    <message>
        <source>Pending</source>
        <translation>等待中</translation>
    </message>
    <message>
        <source>Released</source>
        <translation>已释放</translation>
    </message>
    <message>
        <source>Lost</source>
        <translation>丢失</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
    <message>
        <source>It names no StorageClass and there is no default one, so no volume is made for it. Mark a StorageClass as the default or make a matching PersistentVolume.</source>
        <translation>它没有指定 StorageClass，也没有默认的 StorageClass，因此不会为它创建卷。请将某个 StorageClass 设为默认，或创建匹配的 PersistentVolume。</translation>
    </message>
    <message>
        <source>It asks for a volume without a class. It waits for a PersistentVolume of its size and access modes that is free.</source>
        <translation>它请求一个没有类的卷，正在等待大小和访问模式匹配的空闲 PersistentVolume。</translation>
    </message>
    <message>
        <source>There is no StorageClass %1. Make it, or delete the claim and make it again with a class that is there.</source>
        <translation>没有名为 %1 的 StorageClass。请创建它，或删除该声明并用已有的类重新创建。</translation>
    </message>
    <message>
        <source>Its class makes volumes when they are needed: it waits for the first pod that uses it.</source>
        <translation>它的类在需要时才创建卷：正在等待第一个使用它的 Pod。</translation>
    </message>
    <message>
        <source>The provisioner %1 has not made its volume yet; the events tell how far it is.</source>
        <translation>制备器 %1 尚未创建其卷；事件中可以看到进展。</translation>
    </message>
    <message>
        <source>PersistentVolumeClaims</source>
        <translation>PersistentVolumeClaim</translation>
    </message>
    <message>
        <source>A PersistentVolumeClaim asks for storage that outlives pods. A pod names it as a volume; a StorageClass makes it.</source>
        <translation>PersistentVolumeClaim 请求比 Pod 更持久的存储。Pod 把它作为卷引用，StorageClass 负责创建。</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Volume</source>
        <translation>卷</translation>
    </message>
    <message>
        <source>Asked for</source>
        <translation>请求量</translation>
    </message>
    <message>
        <source>Capacity</source>
        <translation>容量</translation>
    </message>
    <message>
        <source>Access modes</source>
        <translation>访问模式</translation>
    </message>
    <message>
        <source>StorageClass</source>
        <translation>StorageClass</translation>
    </message>
    <message>
        <source>Used by</source>
        <translation>使用者</translation>
    </message>
    <message>
        <source>no pod</source>
        <translation>没有 Pod</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Access</source>
        <translation>访问</translation>
    </message>
    <message>
        <source>PersistentVolumes</source>
        <translation>PersistentVolume</translation>
    </message>
    <message>
        <source>A PersistentVolume is a piece of storage in the cluster. It is made for a claim, or by you for claims to come.</source>
        <translation>PersistentVolume 是集群中的一块存储，为某个声明创建，或由您为将来的声明预先创建。</translation>
    </message>
    <message>
        <source>Claim</source>
        <translation>声明</translation>
    </message>
    <message>
        <source>When released</source>
        <translation>释放后</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>StorageClasses</source>
        <translation>StorageClass</translation>
    </message>
    <message>
        <source>A StorageClass says who makes the volumes of claims that name it, and how.</source>
        <translation>StorageClass 说明由谁、以何种方式为引用它的声明创建卷。</translation>
    </message>
    <message>
        <source>Default</source>
        <translation>默认</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>Provisioner</source>
        <translation>制备器</translation>
    </message>
    <message>
        <source>Binds</source>
        <translation>绑定时机</translation>
    </message>
    <message>
        <source>Can grow</source>
        <translation>可扩容</translation>
    </message>
    <message>
        <source>no</source>
        <translation>否</translation>
    </message>
    <message>
        <source>Claims</source>
        <translation>声明</translation>
    </message>
    <message>
        <source>Volumes</source>
        <translation>卷</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>类</translation>
    </message>
</context>
<context>
    <name>Text</name>
    <message>
        <source>Not created</source>
        <translation>未创建</translation>
    </message>
    <message>
        <source>Creating</source>
        <translation>创建中</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>启动中</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>Stopping</source>
        <translation>停止中</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>Pausing</source>
        <translation>暂停中</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Deleting</source>
        <translation>删除中</translation>
    </message>
    <message>
        <source>Broken</source>
        <translation>异常</translation>
    </message>
    <message>
        <source>There is no such cluster yet.</source>
        <translation>还没有这个集群。</translation>
    </message>
    <message>
        <source>The cluster is being made.</source>
        <translation>正在创建集群。</translation>
    </message>
    <message>
        <source>The cluster is on its way up.</source>
        <translation>集群正在启动。</translation>
    </message>
    <message>
        <source>The cluster answers and can be used.</source>
        <translation>集群响应正常，可以使用。</translation>
    </message>
    <message>
        <source>The cluster is shutting down cleanly.</source>
        <translation>集群正在正常关闭。</translation>
    </message>
    <message>
        <source>The cluster is off. Everything in it is kept on its disk.</source>
        <translation>集群已关闭，其中的一切都保留在磁盘上。</translation>
    </message>
    <message>
        <source>The cluster&apos;s memory is being saved.</source>
        <translation>正在保存集群的内存。</translation>
    </message>
    <message>
        <source>The cluster sleeps with its memory saved and continues in about a second.</source>
        <translation>集群正在休眠，内存已保存，约一秒即可恢复。</translation>
    </message>
    <message>
        <source>The cluster is being removed.</source>
        <translation>正在移除集群。</translation>
    </message>
    <message>
        <source>The cluster is not as you wished, and nothing is at work on it.</source>
        <translation>集群不在您期望的状态，也没有程序正在处理它。</translation>
    </message>
    <message>
        <source>Create %1</source>
        <translation>创建 %1</translation>
    </message>
    <message>
        <source>Start %1</source>
        <translation>启动 %1</translation>
    </message>
    <message>
        <source>Stop %1</source>
        <translation>停止 %1</translation>
    </message>
    <message>
        <source>Pause %1</source>
        <translation>暂停 %1</translation>
    </message>
    <message>
        <source>Delete %1</source>
        <translation>删除 %1</translation>
    </message>
    <message>
        <source>Creating %1…</source>
        <translation>正在创建 %1…</translation>
    </message>
    <message>
        <source>Starting %1…</source>
        <translation>正在启动 %1…</translation>
    </message>
    <message>
        <source>Stopping %1…</source>
        <translation>正在停止 %1…</translation>
    </message>
    <message>
        <source>Pausing %1…</source>
        <translation>正在暂停 %1…</translation>
    </message>
    <message>
        <source>Deleting %1…</source>
        <translation>正在删除 %1…</translation>
    </message>
    <message>
        <source>%1 is running</source>
        <translation>%1 正在运行</translation>
    </message>
    <message>
        <source>%1 is stopped</source>
        <translation>%1 已停止</translation>
    </message>
    <message>
        <source>%1 is paused</source>
        <translation>%1 已暂停</translation>
    </message>
    <message>
        <source>%1 was deleted</source>
        <translation>%1 已删除</translation>
    </message>
    <message>
        <source>%1 could not be created</source>
        <translation>无法创建 %1</translation>
    </message>
    <message>
        <source>%1 could not be started</source>
        <translation>无法启动 %1</translation>
    </message>
    <message>
        <source>%1 could not be stopped</source>
        <translation>无法停止 %1</translation>
    </message>
    <message>
        <source>%1 could not be paused</source>
        <translation>无法暂停 %1</translation>
    </message>
    <message>
        <source>%1 could not be deleted</source>
        <translation>无法删除 %1</translation>
    </message>
    <message>
        <source>User mode</source>
        <translation>用户模式</translation>
    </message>
    <message>
        <source>NAT network</source>
        <translation>NAT 网络</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 秒</translation>
    </message>
    <message>
        <source>%1 min %2 s</source>
        <translation>%1 分 %2 秒</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1 小时 %2 分</translation>
    </message>
    <message>
        <source>%1 d %2 h</source>
        <translation>%1 天 %2 小时</translation>
    </message>
    <message>
        <source>Settings of %1</source>
        <translation>%1 的设置</translation>
    </message>
    <message>
        <source>Restart %1</source>
        <translation>重启 %1</translation>
    </message>
    <message>
        <source>Changing the settings of %1…</source>
        <translation>正在更改 %1 的设置…</translation>
    </message>
    <message>
        <source>Restarting %1…</source>
        <translation>正在重启 %1…</translation>
    </message>
    <message>
        <source>%1 has new settings</source>
        <translation>%1 的设置已更改</translation>
    </message>
    <message>
        <source>The settings of %1 could not be changed</source>
        <translation>无法更改 %1 的设置</translation>
    </message>
    <message>
        <source>%1 could not be restarted</source>
        <translation>%1 无法重启</translation>
    </message>
</context>
<context>
    <name>TextDialog</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>WorkloadParts</name>
    <message>
        <source>Image</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
</context>
<context>
    <name>WorkloadsPage</name>
    <message>
        <source>Changing</source>
        <translation>正在更改</translation>
    </message>
    <message>
        <source>No node fits</source>
        <translation>没有合适的节点</translation>
    </message>
    <message>
        <source>No node has the labels it asks for.</source>
        <translation>没有节点带有它要求的标签。</translation>
    </message>
    <message>
        <source>Scaled to 0</source>
        <translation>已缩容为 0</translation>
    </message>
    <message>
        <source>Not all ready</source>
        <translation>未全部就绪</translation>
    </message>
    <message>
        <source>%1 of %2 pods are ready. The pods&apos; page says what each waits for.</source>
        <translation>%2 个 Pod 中有 %1 个就绪。Pod 页面说明各自在等待什么。</translation>
    </message>
    <message>
        <source>Rolling out</source>
        <translation>正在发布</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>StatefulSets</source>
        <translation>StatefulSet</translation>
    </message>
    <message>
        <source>A StatefulSet keeps pods that have a name and storage of their own, like a database&apos;s. Apply a manifest to make one.</source>
        <translation>StatefulSet 维护各有自己名称和存储的 Pod，例如数据库的 Pod。应用一份清单即可创建。</translation>
    </message>
    <message>
        <source>DaemonSets</source>
        <translation>DaemonSet</translation>
    </message>
    <message>
        <source>A DaemonSet keeps one pod on every node, like a collector of logs. Apply a manifest to make one.</source>
        <translation>DaemonSet 在每个节点上保持一个 Pod，例如日志收集器。应用一份清单即可创建。</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Pods</source>
        <translation>Pod</translation>
    </message>
    <message>
        <source>%1 wanted, %2 ready, %3 updated</source>
        <translation>期望 %1，就绪 %2，已更新 %3</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>Service</source>
        <translation>服务</translation>
    </message>
    <message>
        <source>Strategy</source>
        <translation>策略</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>存在时间</translation>
    </message>
    <message>
        <source>Updated</source>
        <translation>已更新</translation>
    </message>
</context>
<context>
    <name>cove::ui::ActivityDock</name>
    <message>
        <source>Hide the activity list</source>
        <translation>收起活动列表</translation>
    </message>
    <message>
        <source>Show the activity list</source>
        <translation>展开活动列表</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Nothing is going on</source>
        <translation>当前没有进行中的操作</translation>
    </message>
    <message>
        <source>Cancel: %1</source>
        <translation>取消：%1</translation>
    </message>
</context>
<context>
    <name>cove::ui::ActivityModel</name>
    <message>
        <source>%1: cancelled</source>
        <translation>%1：已取消</translation>
    </message>
</context>
<context>
    <name>cove::ui::ApplyPage</name>
    <message>
        <source>line %1</source>
        <translation>第 %1 行</translation>
    </message>
    <message>
        <source>The text is too long. Use a file.</source>
        <translation>文本过长。请使用文件。</translation>
    </message>
    <message>
        <source>Manifests (*.yaml *.yml *.json)</source>
        <translation>清单文件 (*.yaml *.yml *.json)</translation>
    </message>
    <message>
        <source>There is no object in it.</source>
        <translation>其中没有对象。</translation>
    </message>
    <message>
        <source>and %1 more</source>
        <translation>以及另外 %1 项</translation>
    </message>
    <message>
        <source>Not everything could be read</source>
        <translation>部分内容无法读取</translation>
    </message>
    <message>
        <source>Nothing could be read</source>
        <translation>无法读取任何内容</translation>
    </message>
    <message>
        <source>Asking the server what would change…</source>
        <translation>正在询问服务器会有哪些变化…</translation>
    </message>
    <message>
        <source>%1 to apply, %2 unchanged, %3 refused, %4 in conflict</source>
        <translation>待应用 %1 个，未变 %2 个，被拒绝 %3 个，冲突 %4 个</translation>
    </message>
    <message>
        <source>Applying…</source>
        <translation>正在应用…</translation>
    </message>
    <message>
        <source>%1 applied, %2 unchanged, %3 failed, %4 left out</source>
        <translation>已应用 %1 个，未变 %2 个，失败 %3 个，略过 %4 个</translation>
    </message>
    <message>
        <source>Choose an object to see what would change.</source>
        <translation>选择一个对象以查看变化。</translation>
    </message>
    <message>
        <source>Others have set fields that this changes:</source>
        <translation>此更改涉及由其他管理者设置的字段：</translation>
    </message>
    <message>
        <source>Take them over and their managers lose them; else the object is left out.</source>
        <translation>接管后原管理者将失去这些字段；否则略过该对象。</translation>
    </message>
    <message>
        <source>The cluster has it just so.</source>
        <translation>集群中的内容与此一致。</translation>
    </message>
    <message>
        <source>The cluster is not running</source>
        <translation>集群未运行</translation>
    </message>
    <message>
        <source>Start it: it says what a manifest would change.</source>
        <translation>请启动集群：由它判断清单会带来哪些变化。</translation>
    </message>
    <message>
        <source>There is no way to the cluster</source>
        <translation>无法连接到集群</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>应用</translation>
    </message>
    <message>
        <source>Drop YAML or JSON files, or a folder of them, anywhere on this window. You see what would change before anything does.</source>
        <translation>将 YAML 或 JSON 文件（或其所在文件夹）拖放到窗口的任意位置。在真正更改之前，您会先看到有哪些变化。</translation>
    </message>
    <message>
        <source>Open files…</source>
        <translation>打开文件…</translation>
    </message>
    <message>
        <source>Open a folder…</source>
        <translation>打开文件夹…</translation>
    </message>
    <message>
        <source>Or paste a manifest here</source>
        <translation>或在此粘贴清单</translation>
    </message>
    <message>
        <source>Manifest</source>
        <translation>清单</translation>
    </message>
    <message>
        <source>Review</source>
        <translation>检查</translation>
    </message>
    <message>
        <source>Objects</source>
        <translation>对象</translation>
    </message>
    <message>
        <source>What would change</source>
        <translation>将有哪些变化</translation>
    </message>
    <message>
        <source>Take over these fields</source>
        <translation>接管这些字段</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>返回</translation>
    </message>
    <message>
        <source>Check again</source>
        <translation>重新检查</translation>
    </message>
</context>
<context>
    <name>cove::ui::ApplyPlan</name>
    <message>
        <source>It has no apiVersion or no kind.</source>
        <translation>缺少 apiVersion 或 kind。</translation>
    </message>
    <message>
        <source>It has no metadata.name.</source>
        <translation>缺少 metadata.name。</translation>
    </message>
    <message>
        <source>The cluster has no kind %1 in %2.</source>
        <translation>集群的 %2 中没有 %1 这种类型。</translation>
    </message>
    <message>
        <source>Its kind is defined by this same manifest: the server can say more once that is there.</source>
        <translation>其类型由同一清单定义：定义生效后服务器才能给出更多信息。</translation>
    </message>
    <message>
        <source>Its namespace is made by this same manifest: the server can say more once that is there.</source>
        <translation>其命名空间由同一清单创建：创建后服务器才能给出更多信息。</translation>
    </message>
    <message>
        <source>Left out: other managers own fields of it.</source>
        <translation>已略过：其中的字段归其他管理者所有。</translation>
    </message>
    <message>
        <source>line %1</source>
        <translation>第 %1 行</translation>
    </message>
    <message>
        <source>What happens</source>
        <translation>操作</translation>
    </message>
    <message>
        <source>Object</source>
        <translation>对象</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>From</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Checking…</source>
        <translation>正在检查…</translation>
    </message>
    <message>
        <source>To be created</source>
        <translation>将创建</translation>
    </message>
    <message>
        <source>To be changed</source>
        <translation>将更改</translation>
    </message>
    <message>
        <source>Unchanged</source>
        <translation>未变</translation>
    </message>
    <message>
        <source>Not checkable yet</source>
        <translation>尚无法检查</translation>
    </message>
    <message>
        <source>Conflict</source>
        <translation>冲突</translation>
    </message>
    <message>
        <source>Refused</source>
        <translation>被拒绝</translation>
    </message>
    <message>
        <source>Applying…</source>
        <translation>正在应用…</translation>
    </message>
    <message>
        <source>Created</source>
        <translation>已创建</translation>
    </message>
    <message>
        <source>Changed</source>
        <translation>已更改</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>已略过</translation>
    </message>
</context>
<context>
    <name>cove::ui::ClusterActions</name>
    <message>
        <source>Resume</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>启动</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>正在启动…</translation>
    </message>
    <message>
        <source>Pausing…</source>
        <translation>正在暂停…</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Deleting…</source>
        <translation>正在删除…</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
</context>
<context>
    <name>cove::ui::ClusterSection</name>
    <message>
        <source>This is about Cove&apos;s own clusters</source>
        <translation>这些设置针对 Cove 自己的集群</translation>
    </message>
    <message>
        <source>Choose one of them in the window&apos;s list of clusters, or make one.</source>
        <translation>请在窗口的集群列表中选择一个，或新建一个。</translation>
    </message>
    <message>
        <source>New cluster…</source>
        <translation>新建集群…</translation>
    </message>
    <message>
        <source>Revert</source>
        <translation>还原</translation>
    </message>
    <message>
        <source>Show again what is saved</source>
        <translation>恢复为已保存的内容</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Something else is under way with %1.</source>
        <translation>%1 正在进行其他操作。</translation>
    </message>
    <message>
        <source>Saving…</source>
        <translation>正在保存…</translation>
    </message>
    <message>
        <source>Saved. %1</source>
        <translation>已保存。%1</translation>
    </message>
</context>
<context>
    <name>cove::ui::CommandPalette</name>
    <message>
        <source>Go to or run</source>
        <translation>前往或执行</translation>
    </message>
    <message>
        <source>Go to a page or object, run an action</source>
        <translation>前往页面或对象，执行操作</translation>
    </message>
    <message>
        <source>What fits</source>
        <translation>匹配项</translation>
    </message>
    <message>
        <source>Nothing has these letters.</source>
        <translation>没有匹配项。</translation>
    </message>
    <message>
        <source>%1 in %2</source>
        <translation>%2 中的 %1</translation>
    </message>
</context>
<context>
    <name>cove::ui::ContextPage</name>
    <message>
        <source>“%1” is for Cove&apos;s own clusters</source>
        <translation>“%1”仅适用于 Cove 自己的集群</translation>
    </message>
    <message>
        <source>This cluster&apos;s machine belongs to another program, so it is not started, stopped or looked into from here. What is in the cluster shows on the other pages.</source>
        <translation>该集群的机器属于其他程序，因此不能在这里启动、停止或查看它。集群中的内容显示在其他页面上。</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>上下文</translation>
    </message>
    <message>
        <source>Server</source>
        <translation>服务器</translation>
    </message>
    <message>
        <source>Cluster</source>
        <translation>集群</translation>
    </message>
    <message>
        <source>User</source>
        <translation>用户</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Kubeconfig</source>
        <translation>Kubeconfig</translation>
    </message>
    <message>
        <source>it is not in it any more</source>
        <translation>其中已没有该条目</translation>
    </message>
    <message>
        <source>The machine is not shown here</source>
        <translation>这里不显示该集群的机器</translation>
    </message>
</context>
<context>
    <name>cove::ui::CreateForm</name>
    <message>
        <source>Create a cluster</source>
        <translation>创建集群</translation>
    </message>
    <message>
        <source>A Kubernetes cluster of your own in one small virtual machine. kubectl finds it by itself, and nothing else on this computer is changed.</source>
        <translation>在一台小型虚拟机中运行您自己的 Kubernetes 集群。kubectl 会自动找到它，这台计算机上的其他内容不受影响。</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Name of the cluster</source>
        <translation>集群名称</translation>
    </message>
    <message>
        <source>CPUs</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>User mode</source>
        <translation>用户模式</translation>
    </message>
    <message>
        <source>NAT network</source>
        <translation>NAT 网络</translation>
    </message>
    <message>
        <source>Registry mirrors</source>
        <translation>镜像仓库加速地址</translation>
    </message>
    <message>
        <source>This computer</source>
        <translation>这台计算机</translation>
    </message>
    <message>
        <source>Create</source>
        <translation>创建</translation>
    </message>
    <message>
        <source>The virtual machine gets an address of its own on a network of the system&apos;s libvirt. Needs membership in the libvirt group.</source>
        <translation>虚拟机在系统 libvirt 的网络中拥有自己的地址。需要加入 libvirt 用户组。</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Looking at this computer…</source>
        <translation>正在查看这台计算机…</translation>
    </message>
    <message>
        <source>Which virtualization there is, and how much can be given.</source>
        <translation>检查可用的虚拟化方式和可分配的资源。</translation>
    </message>
    <message>
        <source>Hardware virtualization (KVM) works here</source>
        <translation>硬件虚拟化 (KVM) 可用</translation>
    </message>
    <message>
        <source>Software emulation: it works, but slower</source>
        <translation>软件模拟：可以运行，但较慢</translation>
    </message>
    <message>
        <source>Hardware virtualization (KVM) is not usable on this computer.</source>
        <translation>这台计算机无法使用硬件虚拟化 (KVM)。</translation>
    </message>
    <message>
        <source>%1, %2 available</source>
        <translation>%1，可用 %2</translation>
    </message>
    <message>
        <source>%1 free</source>
        <translation>剩余 %1</translation>
    </message>
    <message>
        <source>Runs with</source>
        <translation>运行于</translation>
    </message>
    <message>
        <source>System image</source>
        <translation>系统镜像</translation>
    </message>
    <message>
        <source>Give it a name.</source>
        <translation>请输入名称。</translation>
    </message>
    <message>
        <source>There is a cluster of this name already.</source>
        <translation>已存在同名集群。</translation>
    </message>
    <message>
        <source>More is asked for than this computer can give.</source>
        <translation>所需资源超出了这台计算机所能提供的范围。</translation>
    </message>
    <message>
        <source>Lowercase letters, digits and “-”, starting with a letter, ending without “-”.</source>
        <translation>只能使用小写字母、数字和“-”，以字母开头，且不能以“-”结尾。</translation>
    </message>
    <message>
        <source>Needs no privileges. The cluster answers on 127.0.0.1.</source>
        <translation>无需任何特权，集群在 127.0.0.1 上响应。</translation>
    </message>
    <message>
        <source>Starts in seconds and runs at full speed.</source>
        <translation>几秒内即可启动，并以全速运行。</translation>
    </message>
    <message>
        <source>Try it: the k8s-demo in two minutes</source>
        <translation>试一试：两分钟看懂 k8s-demo</translation>
    </message>
    <message>
        <source>An image, ten pods behind one address, a rolling update and the way back.</source>
        <translation>一个镜像、同一地址后面的十个 Pod、一次滚动更新以及如何撤销。</translation>
    </message>
    <message>
        <source>Create and try it</source>
        <translation>创建并试用</translation>
    </message>
    <message>
        <source>Proxy for pulls and builds</source>
        <translation>用于拉取和构建的代理</translation>
    </message>
</context>
<context>
    <name>cove::ui::CreatePage</name>
    <message>
        <source>Change the settings</source>
        <translation>修改设置</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>返回</translation>
    </message>
    <message>
        <source>Your cluster is being made</source>
        <translation>正在创建您的集群</translation>
    </message>
    <message>
        <source>You can go on working; a notification tells you when it is done.</source>
        <translation>您可以继续工作，完成后会有通知。</translation>
    </message>
    <message>
        <source>That did not work</source>
        <translation>创建未成功</translation>
    </message>
    <message>
        <source>What was made so far is kept: trying again goes on from there.</source>
        <translation>已完成的部分会保留：重试将从那里继续。</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>What was made so far is kept: starting it goes on from there.</source>
        <translation>已完成的部分会保留：再次启动将从那里继续。</translation>
    </message>
    <message>
        <source>The demo begins as soon as it runs. You can go on working meanwhile.</source>
        <translation>集群运行后演示便会开始。在此期间您可以继续工作。</translation>
    </message>
</context>
<context>
    <name>cove::ui::DataView</name>
    <message>
        <source>It has no keys yet. Name one below its list and add it.</source>
        <translation>还没有键。请在列表下方输入名称并添加。</translation>
    </message>
    <message>
        <source>Bytes that are no text: %1</source>
        <translation>非文本字节：%1</translation>
    </message>
    <message>
        <source>Hidden: %1</source>
        <translation>已隐藏：%1</translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>隐藏</translation>
    </message>
    <message>
        <source>Reveal</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>It is immutable: its values cannot be changed. Make another one, and let the pods use that.</source>
        <translation>它是不可变的：无法更改其中的值。请另建一个，并让 Pod 使用新的。</translation>
    </message>
    <message>
        <source>Somebody else has changed it meanwhile</source>
        <translation>在此期间已有他人更改</translation>
    </message>
    <message>
        <source>It could not be changed</source>
        <translation>无法更改</translation>
    </message>
    <message>
        <source>Nothing was saved. “Undo” shows what it is now; then change it again.</source>
        <translation>没有保存任何内容。“撤销”会显示当前的值；然后再次更改。</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>键</translation>
    </message>
    <message>
        <source>New key</source>
        <translation>新键</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>Adds the key with an empty value</source>
        <translation>添加一个值为空的键</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Removes the key and its value; the value is lost</source>
        <translation>移除该键及其值；值将丢失</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>值</translation>
    </message>
    <message>
        <source>Copy the value</source>
        <translation>复制值</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
</context>
<context>
    <name>cove::ui::DemoPage</name>
    <message>
        <source>Remove the k8s-demo?</source>
        <translation>移除 k8s-demo？</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>The demo needs a cluster that runs</source>
        <translation>演示需要一个正在运行的集群</translation>
    </message>
    <message>
        <source>The demo needs a cluster</source>
        <translation>演示需要一个集群</translation>
    </message>
    <message>
        <source>It builds images and runs pods there for real.</source>
        <translation>它会在集群中真正构建镜像并运行 Pod。</translation>
    </message>
    <message>
        <source>Create a cluster</source>
        <translation>创建集群</translation>
    </message>
    <message>
        <source>default/k8s-demo is there already</source>
        <translation>default/k8s-demo 已存在</translation>
    </message>
    <message>
        <source>The demo did not make it and leaves it alone. Delete the Deployment and the Service of that name, or give them another one, to try the demo.</source>
        <translation>它不是由演示创建的，因此保持不动。要试用演示，请删除同名的 Deployment 和 Service，或为它们改名。</translation>
    </message>
    <message>
        <source>Go on with the demo</source>
        <translation>继续演示</translation>
    </message>
    <message>
        <source>Start the demo</source>
        <translation>开始演示</translation>
    </message>
    <message>
        <source>Not what you wanted? “kubectl rollout undo deploy k8s-demo” brings %1 back the same way, a few pods at a time.</source>
        <translation>不是想要的结果？“kubectl rollout undo deploy k8s-demo”会以同样的方式逐批恢复 %1。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>The history keeps both versions, with the reason of each change.</source>
        <translation>历史记录保留了两个版本以及每次变更的原因。</translation>
    </message>
    <message>
        <source>Roll out %1 again</source>
        <translation>再次发布 %1</translation>
    </message>
    <message>
        <source>Try it: the k8s-demo in two minutes</source>
        <translation>试一试：两分钟看懂 k8s-demo</translation>
    </message>
    <message>
        <source>From a Dockerfile to a rolling update, in this cluster, for real. Each step shows the command that does the same in a terminal.</source>
        <translation>从 Dockerfile 到滚动更新，全部在此集群中真实进行。每一步都显示终端中的等效命令。</translation>
    </message>
    <message>
        <source>Open the page</source>
        <translation>打开网页</translation>
    </message>
    <message>
        <source>Opens the address in the browser</source>
        <translation>在浏览器中打开该地址</translation>
    </message>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Shows the Deployment and its revisions</source>
        <translation>显示该 Deployment 及其修订版本</translation>
    </message>
    <message>
        <source>Remove the demo…</source>
        <translation>移除演示…</translation>
    </message>
    <message>
        <source>The rollout, live</source>
        <translation>实时发布过程</translation>
    </message>
    <message>
        <source>The rollout could not be paused or resumed</source>
        <translation>无法暂停或继续发布</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>It was not begun</source>
        <translation>未能开始</translation>
    </message>
    <message>
        <source>Too much is under way. Wait for something to end.</source>
        <translation>进行中的操作过多，请等待其中一些结束。</translation>
    </message>
    <message>
        <source>The Deployment k8s-demo with its pods and its history, the Service k8s-demo with its address, and the images %1 and %2, where the demo built them, are removed. Nothing else is touched, and the demo can be started again at any time.</source>
        <translation>将移除 Deployment k8s-demo 及其 Pod 和历史记录、Service k8s-demo 及其地址，以及由演示构建的镜像 %1 和 %2。其他内容不受影响，演示可随时重新开始。</translation>
    </message>
    <message>
        <source>%1: this is what was last known</source>
        <translation>%1：以下是最后已知的内容</translation>
    </message>
    <message>
        <source>%1 runs in %2 of %3 pods</source>
        <translation>%1 正在 %2/%3 个 Pod 中运行</translation>
    </message>
    <message>
        <source>%1 is back in %2 of %3 pods</source>
        <translation>%1 已在 %2/%3 个 Pod 中恢复</translation>
    </message>
</context>
<context>
    <name>cove::ui::DeploymentHistory</name>
    <message>
        <source>Revision</source>
        <translation>版本</translation>
    </message>
    <message>
        <source>%1 (current)</source>
        <translation>%1（当前）</translation>
    </message>
    <message>
        <source>Change cause</source>
        <translation>变更原因</translation>
    </message>
    <message>
        <source>Undo to revision %1</source>
        <translation>回退到版本 %1</translation>
    </message>
    <message>
        <source>This is the current revision.</source>
        <translation>这是当前版本。</translation>
    </message>
    <message>
        <source>Choose a revision to see what going back to it changes, or two to see what differs between them.</source>
        <translation>选择一个版本可查看回退会改变什么，选择两个版本可查看它们的差异。</translation>
    </message>
    <message>
        <source>From revision %1 to revision %2</source>
        <translation>从版本 %1 到版本 %2</translation>
    </message>
    <message>
        <source>Revisions</source>
        <translation>版本</translation>
    </message>
    <message>
        <source>What differs</source>
        <translation>差异</translation>
    </message>
</context>
<context>
    <name>cove::ui::Desktop</name>
    <message>
        <source>It took %1.</source>
        <translation>用时 %1。</translation>
    </message>
</context>
<context>
    <name>cove::ui::DiagnosticsPage</name>
    <message>
        <source>Saved as %1</source>
        <translation>已保存为 %1</translation>
    </message>
    <message>
        <source>The report could not be saved: %1</source>
        <translation>无法保存报告：%1</translation>
    </message>
    <message>
        <source>Checking… %1 of %2</source>
        <translation>正在检查… %1/%2</translation>
    </message>
    <message>
        <source>Nothing is wrong</source>
        <translation>一切正常</translation>
    </message>
    <message>
        <source>Problems: %1, warnings: %2</source>
        <translation>问题：%1，警告：%2</translation>
    </message>
    <message>
        <source>Diagnostics</source>
        <translation>诊断</translation>
    </message>
    <message>
        <source>What a cluster needs of this computer and its network. The report has no secrets.</source>
        <translation>集群对本机和网络的要求。报告中不含任何机密。</translation>
    </message>
    <message>
        <source>Check again</source>
        <translation>重新检查</translation>
    </message>
    <message>
        <source>Save report…</source>
        <translation>保存报告…</translation>
    </message>
</context>
<context>
    <name>cove::ui::EnginePage</name>
    <message>
        <source>The engine cannot be reached: this is what was last known of it</source>
        <translation>无法连接引擎：此处显示的是最后已知的状态</translation>
    </message>
    <message>
        <source>The engine cannot be reached</source>
        <translation>无法连接引擎</translation>
    </message>
    <message>
        <source>This cluster has no container engine</source>
        <translation>此集群没有容器引擎</translation>
    </message>
    <message>
        <source>Clusters that Cove made have one. Others run their images from registries: build and push with a cluster of Cove&apos;s, or with docker.</source>
        <translation>由 Cove 创建的集群带有容器引擎。其他集群从镜像仓库运行镜像：请用 Cove 的集群或 docker 构建并推送。</translation>
    </message>
    <message>
        <source>Search for other words.</source>
        <translation>请搜索其他关键词。</translation>
    </message>
    <message>
        <source>It was not begun</source>
        <translation>未能开始</translation>
    </message>
    <message>
        <source>Too much is under way. Wait for something to end.</source>
        <translation>进行中的操作过多，请等待其中一些结束。</translation>
    </message>
    <message>
        <source>Hide what was begun here</source>
        <translation>隐藏在此开始的操作</translation>
    </message>
</context>
<context>
    <name>cove::ui::FactCard</name>
    <message>
        <source>Copy: %1</source>
        <translation>复制：%1</translation>
    </message>
</context>
<context>
    <name>cove::ui::GeneralSection</name>
    <message>
        <source>General</source>
        <translation>常规</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Notifications</source>
        <translation>通知</translation>
    </message>
    <message>
        <source>Desktop notifications</source>
        <translation>桌面通知</translation>
    </message>
    <message>
        <source>Of finished rollouts, failed pods and ended operations, while the window is not looked at.</source>
        <translation>在未查看窗口时，就完成的发布、失败的 Pod 和结束的操作发出通知。</translation>
    </message>
</context>
<context>
    <name>cove::ui::ImageSection</name>
    <message>
        <source>System image</source>
        <translation>系统镜像</translation>
    </message>
    <message>
        <source>The operating system inside the virtual machine comes with Cove as one read-only image. Every boot takes the one that is installed; the data disk stays.</source>
        <translation>虚拟机内的操作系统随 Cove 以一个只读镜像提供。每次启动都使用已安装的镜像；数据磁盘保持不变。</translation>
    </message>
    <message>
        <source>Booted last</source>
        <translation>上次启动</translation>
    </message>
    <message>
        <source>none yet</source>
        <translation>尚无</translation>
    </message>
    <message>
        <source>Installed with Cove</source>
        <translation>随 Cove 安装</translation>
    </message>
    <message>
        <source>In a terminal</source>
        <translation>在终端中</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>正在查看…</translation>
    </message>
    <message>
        <source>It is the installed one</source>
        <translation>它就是已安装的镜像</translation>
    </message>
    <message>
        <source>The next start uses the installed one</source>
        <translation>下次启动将使用已安装的镜像</translation>
    </message>
    <message>
        <source>Nothing else is to be done; the data is kept.</source>
        <translation>无需其他操作；数据会保留。</translation>
    </message>
    <message>
        <source>It is up to date</source>
        <translation>已是最新</translation>
    </message>
    <message>
        <source>The machine runs the image that is installed.</source>
        <translation>虚拟机正在运行已安装的镜像。</translation>
    </message>
    <message>
        <source>Another image is installed</source>
        <translation>已安装另一个镜像</translation>
    </message>
    <message>
        <source>The next start uses it. Updating now shuts the machine down and boots it anew: what runs in it ends and starts again, the data is kept.</source>
        <translation>下次启动将使用它。立即更新会关闭虚拟机并重新启动：其中运行的内容会结束并再次启动，数据会保留。</translation>
    </message>
    <message>
        <source>Update now</source>
        <translation>立即更新</translation>
    </message>
</context>
<context>
    <name>cove::ui::KindsPage</name>
    <message>
        <source>Kinds</source>
        <translation>类型</translation>
    </message>
</context>
<context>
    <name>cove::ui::ListFrame</name>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1/%2</translation>
    </message>
    <message>
        <source>The cluster is not running</source>
        <translation>集群未运行</translation>
    </message>
    <message>
        <source>Start it to see what is in it.</source>
        <translation>启动集群即可查看其中的内容。</translation>
    </message>
    <message>
        <source>Nothing matches</source>
        <translation>没有匹配项</translation>
    </message>
    <message>
        <source>Loading…</source>
        <translation>正在加载…</translation>
    </message>
    <message>
        <source>Nothing is known yet</source>
        <translation>尚无信息</translation>
    </message>
    <message>
        <source>There is none yet</source>
        <translation>还没有</translation>
    </message>
    <message>
        <source>Search (Ctrl+F)</source>
        <translation>搜索（Ctrl+F）</translation>
    </message>
    <message>
        <source>Search the list</source>
        <translation>搜索列表</translation>
    </message>
    <message>
        <source>Close the details</source>
        <translation>关闭详情</translation>
    </message>
    <message>
        <source>Summary</source>
        <translation>概要</translation>
    </message>
</context>
<context>
    <name>cove::ui::LogCanvas</name>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>全选</translation>
    </message>
</context>
<context>
    <name>cove::ui::LogDocument</name>
    <message>
        <source> … (%1 bytes in all)</source>
        <translation> …（共 %1 字节）</translation>
    </message>
</context>
<context>
    <name>cove::ui::LogPanel</name>
    <message>
        <source>All</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>Last 5 min</source>
        <translation>最近 5 分钟</translation>
    </message>
    <message>
        <source>Last 15 min</source>
        <translation>最近 15 分钟</translation>
    </message>
    <message>
        <source>Last hour</source>
        <translation>最近 1 小时</translation>
    </message>
    <message>
        <source>Last day</source>
        <translation>最近 1 天</translation>
    </message>
    <message>
        <source>All levels</source>
        <translation>所有级别</translation>
    </message>
    <message>
        <source>Info and up</source>
        <translation>信息及以上</translation>
    </message>
    <message>
        <source>Warnings and up</source>
        <translation>警告及以上</translation>
    </message>
    <message>
        <source>Errors</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Log of %1</source>
        <translation>%1 的日志</translation>
    </message>
    <message>
        <source>Pods and containers</source>
        <translation>Pod 和容器</translation>
    </message>
    <message>
        <source>Since when</source>
        <translation>起始时间</translation>
    </message>
    <message>
        <source>Levels</source>
        <translation>级别</translation>
    </message>
    <message>
        <source>Follow the end</source>
        <translation>跟随末尾</translation>
    </message>
    <message>
        <source>Keep open while other pages are shown</source>
        <translation>切换页面时保持打开</translation>
    </message>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>Search the log</source>
        <translation>搜索日志</translation>
    </message>
    <message>
        <source>Regular expression</source>
        <translation>正则表达式</translation>
    </message>
    <message>
        <source>Previous hit (Shift+F3)</source>
        <translation>上一处 (Shift+F3)</translation>
    </message>
    <message>
        <source>Next hit (F3)</source>
        <translation>下一处 (F3)</translation>
    </message>
    <message>
        <source>Wrap lines</source>
        <translation>自动换行</translation>
    </message>
    <message>
        <source>Show times</source>
        <translation>显示时间</translation>
    </message>
    <message>
        <source>Show who speaks</source>
        <translation>显示来源</translation>
    </message>
    <message>
        <source>Spread out JSON</source>
        <translation>展开 JSON</translation>
    </message>
    <message>
        <source>Log of the run before</source>
        <translation>上一次运行的日志</translation>
    </message>
    <message>
        <source>Copy the selection</source>
        <translation>复制所选内容</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>清空</translation>
    </message>
    <message>
        <source>Save to a file…</source>
        <translation>保存到文件…</translation>
    </message>
    <message>
        <source>All containers</source>
        <translation>所有容器</translation>
    </message>
    <message>
        <source>Not a pattern</source>
        <translation>不是有效的表达式</translation>
    </message>
    <message>
        <source>%1 lines…</source>
        <translation>%1 行…</translation>
    </message>
    <message>
        <source>%1 lines</source>
        <translation>%1 行</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>The oldest lines were dropped: %1.</source>
        <translation>已丢弃最早的行：%1。</translation>
    </message>
    <message>
        <source>Nothing can be kept on the disk: %1.</source>
        <translation>无法写入磁盘：%1。</translation>
    </message>
    <message>
        <source>Save the log</source>
        <translation>保存日志</translation>
    </message>
    <message>
        <source>Saved to %1</source>
        <translation>已保存到 %1</translation>
    </message>
    <message>
        <source>It could not be saved to %1</source>
        <translation>无法保存到 %1</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>cove::ui::MainWindow</name>
    <message>
        <source>Appearance</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Looking for clusters…</source>
        <translation>正在查找集群…</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>页面</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>偏好设置</translation>
    </message>
    <message>
        <source>New cluster…</source>
        <translation>新建集群…</translation>
    </message>
    <message>
        <source>Activity list</source>
        <translation>活动列表</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>Page</source>
        <translation>页面</translation>
    </message>
    <message>
        <source>Action</source>
        <translation>操作</translation>
    </message>
    <message>
        <source>Cluster: %1</source>
        <translation>集群：%1</translation>
    </message>
    <message>
        <source>Appearance: %1</source>
        <translation>外观：%1</translation>
    </message>
    <message>
        <source>Language: %1</source>
        <translation>语言：%1</translation>
    </message>
    <message>
        <source>Show the cluster %1</source>
        <translation>显示集群 %1</translation>
    </message>
    <message>
        <source>Keyboard shortcuts…</source>
        <translation>键盘快捷键…</translation>
    </message>
    <message>
        <source>Notifications: off</source>
        <translation>通知：关闭</translation>
    </message>
    <message>
        <source>Notifications: on</source>
        <translation>通知：开启</translation>
    </message>
    <message>
        <source>Desktop notifications</source>
        <translation>桌面通知</translation>
    </message>
    <message>
        <source>All preferences…</source>
        <translation>全部偏好设置…</translation>
    </message>
</context>
<context>
    <name>cove::ui::ManifestReader</name>
    <message>
        <source>There is no YAML or JSON file in it.</source>
        <translation>其中没有 YAML 或 JSON 文件。</translation>
    </message>
    <message>
        <source>It lies too deep and was left out.</source>
        <translation>层级过深，已略过。</translation>
    </message>
    <message>
        <source>It is too much: the rest was left out.</source>
        <translation>内容过多：其余已略过。</translation>
    </message>
    <message>
        <source>It is no file.</source>
        <translation>不是文件。</translation>
    </message>
    <message>
        <source>The file is too large.</source>
        <translation>文件过大。</translation>
    </message>
</context>
<context>
    <name>cove::ui::MetricsTab</name>
    <message>
        <source>Usage</source>
        <translation>用量</translation>
    </message>
    <message>
        <source>Requested</source>
        <translation>请求</translation>
    </message>
    <message>
        <source>Limit</source>
        <translation>限制</translation>
    </message>
    <message>
        <source>You may not see what pods use</source>
        <translation>您无权查看 Pod 的用量</translation>
    </message>
    <message>
        <source>What the pod uses is not known</source>
        <translation>无法得知该 Pod 的用量</translation>
    </message>
    <message>
        <source>Nothing new for %1</source>
        <translation>%1没有新数据</translation>
    </message>
    <message>
        <source>CPU (cores)</source>
        <translation>CPU（核）</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Nothing was measured yet. It is asked for every 15 seconds.</source>
        <translation>还没有测量数据。每 15 秒查询一次。</translation>
    </message>
</context>
<context>
    <name>cove::ui::MirrorFields</name>
    <message>
        <source>Registry mirrors</source>
        <translation>镜像仓库加速地址</translation>
    </message>
    <message>
        <source>One address a line; asked before the image&apos;s own registry.</source>
        <translation>每行一个地址；拉取镜像时优先于其原仓库使用。</translation>
    </message>
    <message>
        <source>“%1” is not an http or https address.</source>
        <translation>“%1”不是 http 或 https 地址。</translation>
    </message>
    <message>
        <source>At most %1 mirrors are possible.</source>
        <translation>最多可设置 %1 个加速地址。</translation>
    </message>
</context>
<context>
    <name>cove::ui::ObjectPage</name>
    <message>
        <source>There is no way to the cluster</source>
        <translation>无法连接到集群</translation>
    </message>
    <message>
        <source>Search for other words, or choose another namespace.</source>
        <translation>请搜索其他关键词，或选择其他命名空间。</translation>
    </message>
    <message>
        <source>All namespaces</source>
        <translation>所有命名空间</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>事件</translation>
    </message>
    <message>
        <source>YAML</source>
        <translation>YAML</translation>
    </message>
    <message>
        <source>%1: this is what was last known</source>
        <translation>%1：以下是最后已知的内容</translation>
    </message>
</context>
<context>
    <name>cove::ui::OperationList</name>
    <message>
        <source>Nothing has been done yet.
What you start, stop or create shows here, step by step.</source>
        <translation>尚未执行任何操作。
启动、停止或创建的过程会逐步显示在这里。</translation>
    </message>
</context>
<context>
    <name>cove::ui::OperationView</name>
    <message>
        <source>about %1</source>
        <translation>约 %1</translation>
    </message>
    <message>
        <source>%1 of about %2</source>
        <translation>%1 / 约 %2</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>Show the steps</source>
        <translation>展开步骤</translation>
    </message>
    <message>
        <source>Hide the steps</source>
        <translation>收起步骤</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy the error</source>
        <translation>复制错误信息</translation>
    </message>
    <message>
        <source>Cancelling…</source>
        <translation>正在取消…</translation>
    </message>
    <message>
        <source>Cancel: %1</source>
        <translation>取消：%1</translation>
    </message>
    <message>
        <source>%1, about %2 left</source>
        <translation>%1，剩余约 %2</translation>
    </message>
    <message>
        <source>What it printed</source>
        <translation>输出内容</translation>
    </message>
</context>
<context>
    <name>cove::ui::OverviewCluster</name>
    <message>
        <source>Deployments</source>
        <translation>Deployment</translation>
    </message>
    <message>
        <source>StatefulSets</source>
        <translation>StatefulSet</translation>
    </message>
    <message>
        <source>DaemonSets</source>
        <translation>DaemonSet</translation>
    </message>
    <message>
        <source>Jobs</source>
        <translation>Job</translation>
    </message>
    <message>
        <source>Pods</source>
        <translation>Pod</translation>
    </message>
    <message>
        <source>Services</source>
        <translation>服务</translation>
    </message>
    <message>
        <source>Pod</source>
        <translation>Pod</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>You may not see what the node uses</source>
        <translation>您无权查看节点的用量</translation>
    </message>
    <message>
        <source>Capacity</source>
        <translation>容量</translation>
    </message>
    <message>
        <source>Nothing new for %1</source>
        <translation>%1没有新数据</translation>
    </message>
    <message>
        <source>Shows them</source>
        <translation>查看</translation>
    </message>
    <message>
        <source>What fails</source>
        <translation>出现故障的</translation>
    </message>
    <message>
        <source>What fails: %1 of %2 pods</source>
        <translation>出现故障的：%2 个 Pod 中的 %1 个</translation>
    </message>
    <message>
        <source>Usage of the node</source>
        <translation>节点用量</translation>
    </message>
    <message>
        <source>What runs</source>
        <translation>正在运行的</translation>
    </message>
    <message>
        <source>Latest warnings</source>
        <translation>最近的警告</translation>
    </message>
    <message>
        <source>No pod fails.</source>
        <translation>没有 Pod 出现故障。</translation>
    </message>
    <message>
        <source>There is no warning.</source>
        <translation>没有警告。</translation>
    </message>
    <message>
        <source>Pods that fail</source>
        <translation>出现故障的 Pod</translation>
    </message>
    <message>
        <source>CPU (cores)</source>
        <translation>CPU（核）</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>Nothing was measured yet. It is asked for every 15 seconds.</source>
        <translation>还没有测量数据。每 15 秒查询一次。</translation>
    </message>
    <message>
        <source>Loading…</source>
        <translation>正在加载…</translation>
    </message>
    <message>
        <source>You may not see them</source>
        <translation>您无权查看</translation>
    </message>
    <message>
        <source>You may not see them.</source>
        <translation>您无权查看。</translation>
    </message>
</context>
<context>
    <name>cove::ui::PodLogs</name>
    <message>
        <source>%1 has not run before</source>
        <translation>%1 此前没有运行过</translation>
    </message>
    <message>
        <source>%1 is waiting to start</source>
        <translation>%1 正在等待启动</translation>
    </message>
    <message>
        <source>%1 is waiting to start: %2</source>
        <translation>%1 正在等待启动：%2</translation>
    </message>
    <message>
        <source>%1 has gone</source>
        <translation>%1 已不存在</translation>
    </message>
    <message>
        <source>Another cluster is shown now</source>
        <translation>现在显示的是另一个集群</translation>
    </message>
    <message>
        <source>The log goes on when “%1” is chosen again.</source>
        <translation>重新选择“%1”后日志会继续。</translation>
    </message>
    <message>
        <source>You may not see these pods</source>
        <translation>您无权查看这些 Pod</translation>
    </message>
    <message>
        <source>The cluster cannot be reached</source>
        <translation>无法连接到集群</translation>
    </message>
    <message>
        <source>The pod has gone</source>
        <translation>Pod 已不存在</translation>
    </message>
    <message>
        <source>There is no pod now</source>
        <translation>现在没有 Pod</translation>
    </message>
    <message>
        <source>The logs of its pods show here as soon as there are any.</source>
        <translation>一旦有了 Pod，它们的日志就会显示在这里。</translation>
    </message>
    <message>
        <source>And %1 more.</source>
        <translation>还有 %1 个。</translation>
    </message>
    <message>
        <source>You may not read this log</source>
        <translation>您无权读取此日志</translation>
    </message>
    <message>
        <source>The log of %1 broke off; trying again</source>
        <translation>%1 的日志中断了，正在重试</translation>
    </message>
    <message>
        <source>The log of %1 has gone</source>
        <translation>%1 的日志已不存在</translation>
    </message>
    <message>
        <source>Only the logs of the first %1 containers are read</source>
        <translation>只读取前 %1 个容器的日志</translation>
    </message>
</context>
<context>
    <name>cove::ui::PortsTab</name>
    <message>
        <source>Opening…</source>
        <translation>正在打开…</translation>
    </message>
    <message>
        <source>It ended: the pod is gone.</source>
        <translation>已结束：Pod 已不存在。</translation>
    </message>
    <message>
        <source>It ended: the pod has ended.</source>
        <translation>已结束：Pod 已结束运行。</translation>
    </message>
    <message>
        <source>It ended: another cluster was chosen.</source>
        <translation>已结束：选择了另一个集群。</translation>
    </message>
    <message>
        <source>Port %1 of this machine is taken. Choose another, or 0 for any.</source>
        <translation>本机端口 %1 已被占用。请选择其他端口，或填 0 使用任意端口。</translation>
    </message>
    <message>
        <source>Port %1 of this machine is taken by %2. Choose another, or 0 for any.</source>
        <translation>本机端口 %1 已被 %2 占用。请选择其他端口，或填 0 使用任意端口。</translation>
    </message>
    <message>
        <source>It could not be opened: %1</source>
        <translation>无法打开：%1</translation>
    </message>
    <message>
        <source>Open in the browser</source>
        <translation>在浏览器中打开</translation>
    </message>
    <message>
        <source>Copy the address</source>
        <translation>复制地址</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Opens a port of this machine that leads to the pod.</source>
        <translation>在本机打开一个通往该 Pod 的端口。</translation>
    </message>
    <message>
        <source>Stop another forward first.</source>
        <translation>请先停止另一个转发。</translation>
    </message>
    <message>
        <source>No port is forwarded</source>
        <translation>没有转发端口</translation>
    </message>
    <message>
        <source>Forwarded ports</source>
        <translation>已转发的端口</translation>
    </message>
    <message>
        <source>A port of this machine that leads into the pod, for as long as the window is open.</source>
        <translation>本机上通往该 Pod 的端口，在窗口打开期间有效。</translation>
    </message>
    <message>
        <source>Port in the pod</source>
        <translation>Pod 中的端口</translation>
    </message>
    <message>
        <source>Port of this machine</source>
        <translation>本机端口</translation>
    </message>
    <message>
        <source>Any that is free</source>
        <translation>任意空闲端口</translation>
    </message>
    <message>
        <source>Forward</source>
        <translation>转发</translation>
    </message>
</context>
<context>
    <name>cove::ui::PreferencesWindow</name>
    <message>
        <source>General</source>
        <translation>常规</translation>
    </message>
    <message>
        <source>Cluster</source>
        <translation>集群</translation>
    </message>
    <message>
        <source>Startup</source>
        <translation>启动</translation>
    </message>
    <message>
        <source>Registries</source>
        <translation>镜像仓库</translation>
    </message>
    <message>
        <source>Proxy</source>
        <translation>代理</translation>
    </message>
    <message>
        <source>Shortcuts</source>
        <translation>快捷键</translation>
    </message>
    <message>
        <source>System image</source>
        <translation>系统镜像</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>偏好设置</translation>
    </message>
    <message>
        <source>Sections</source>
        <translation>分区</translation>
    </message>
    <message>
        <source>What you chose could not be saved</source>
        <translation>您的选择无法保存</translation>
    </message>
    <message>
        <source>%1 cannot be written: the disk may be full, or the file closed to you. Your choices count until Cove ends.</source>
        <translation>无法写入 %1：磁盘可能已满，或者您没有权限。您的选择在 Cove 结束前有效。</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
</context>
<context>
    <name>cove::ui::ProxyFields</name>
    <message>
        <source>For http</source>
        <translation>http 代理</translation>
    </message>
    <message>
        <source>For https</source>
        <translation>https 代理</translation>
    </message>
    <message>
        <source>Except</source>
        <translation>例外</translation>
    </message>
    <message>
        <source>Proxy for http addresses</source>
        <translation>用于 http 地址的代理</translation>
    </message>
    <message>
        <source>Proxy for https addresses</source>
        <translation>用于 https 地址的代理</translation>
    </message>
    <message>
        <source>Addresses without a proxy</source>
        <translation>不使用代理的地址</translation>
    </message>
    <message>
        <source>An address such as http://user:password@proxy.example.com:3128</source>
        <translation>地址，例如 http://user:password@proxy.example.com:3128</translation>
    </message>
    <message>
        <source>Names, domains and networks by commas; those of the cluster itself never need a proxy</source>
        <translation>以逗号分隔的名称、域名和网段；集群自身的地址从不需要代理</translation>
    </message>
    <message>
        <source>Write the whole address anew, with its user and password.</source>
        <translation>请重新填写完整地址，包括用户名和密码。</translation>
    </message>
</context>
<context>
    <name>cove::ui::ProxySection</name>
    <message>
        <source>Proxy</source>
        <translation>代理</translation>
    </message>
    <message>
        <source>What pulls and builds in %1 go through to registries and other addresses.</source>
        <translation>%1 中的拉取和构建访问镜像仓库及其他地址时所经过的代理。</translation>
    </message>
    <message>
        <source>A proxy on this computer is found from inside, too. A password stays in a file that only you can read, and is not shown again.</source>
        <translation>这台计算机上的代理在集群内也能访问。密码保存在只有您能读取的文件中，不会再次显示。</translation>
    </message>
    <message>
        <source>This computer uses a proxy</source>
        <translation>这台计算机使用代理</translation>
    </message>
    <message>
        <source>Its environment says %1.</source>
        <translation>其环境变量为 %1。</translation>
    </message>
    <message>
        <source>Take it</source>
        <translation>采用</translation>
    </message>
</context>
<context>
    <name>cove::ui::RegistriesSection</name>
    <message>
        <source>Registries</source>
        <translation>镜像仓库</translation>
    </message>
    <message>
        <source>Where %1 looks for images of Docker Hub first.</source>
        <translation>%1 优先从哪里获取 Docker Hub 的镜像。</translation>
    </message>
    <message>
        <source>Registry mirrors</source>
        <translation>镜像仓库加速地址</translation>
    </message>
    <message>
        <source>A change counts at once, and containers go on.</source>
        <translation>更改立即生效，容器继续运行。</translation>
    </message>
    <message>
        <source>A change counts from the next start.</source>
        <translation>更改从下次启动起生效。</translation>
    </message>
</context>
<context>
    <name>cove::ui::ReleaseActions</name>
    <message>
        <source>Set the image of %1</source>
        <translation>设置 %1 的镜像</translation>
    </message>
    <message>
        <source>Its pods are replaced, a few at a time. The history can take it back.</source>
        <translation>其 Pod 会被逐批替换，可在历史中回退。</translation>
    </message>
    <message>
        <source>Container</source>
        <translation>容器</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>Change cause</source>
        <translation>变更原因</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Roll out</source>
        <translation>发布</translation>
    </message>
    <message>
        <source>image set to %1</source>
        <translation>镜像设为 %1</translation>
    </message>
    <message>
        <source>Build and roll out to %1</source>
        <translation>构建并发布到 %1</translation>
    </message>
    <message>
        <source>Builds the folder, sets the image of the container %1 and waits until its pods run it.</source>
        <translation>构建此文件夹，设置容器 %1 的镜像，并等待其 Pod 运行该镜像。</translation>
    </message>
    <message>
        <source>Build and roll out</source>
        <translation>构建并发布</translation>
    </message>
    <message>
        <source>%1, built from %2</source>
        <translation>%1，由 %2 构建</translation>
    </message>
    <message>
        <source>Set image…</source>
        <translation>设置镜像…</translation>
    </message>
    <message>
        <source>Rolls another image out, a few pods at a time.</source>
        <translation>逐批发布另一个镜像。</translation>
    </message>
    <message>
        <source>Build and roll out…</source>
        <translation>构建并发布…</translation>
    </message>
    <message>
        <source>Builds a folder and rolls the image out.</source>
        <translation>构建文件夹并发布镜像。</translation>
    </message>
</context>
<context>
    <name>cove::ui::ResourceFields</name>
    <message>
        <source>up to %1</source>
        <translation>最多 %1</translation>
    </message>
    <message>
        <source>CPUs</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>This computer has %1.</source>
        <translation>这台计算机共有 %1 个。</translation>
    </message>
    <message>
        <source>Only %1 is available now; close programs or take less.</source>
        <translation>目前只有 %1 可用；请关闭一些程序或减少分配。</translation>
    </message>
    <message>
        <source>Only %1 is free now; the cluster&apos;s disk takes room as it fills.</source>
        <translation>目前仅剩余 %1；集群的磁盘会随使用逐渐占用空间。</translation>
    </message>
</context>
<context>
    <name>cove::ui::ResourcesSection</name>
    <message>
        <source>More is asked for than this computer can give.</source>
        <translation>所需资源超出了这台计算机所能提供的范围。</translation>
    </message>
    <message>
        <source>A change counts from the machine&apos;s next boot; a disk grows only.</source>
        <translation>更改从虚拟机下次启动起生效；磁盘只能增大。</translation>
    </message>
    <message>
        <source>A change counts from the next start; a disk grows only.</source>
        <translation>更改从下次启动起生效；磁盘只能增大。</translation>
    </message>
    <message>
        <source>Cluster</source>
        <translation>集群</translation>
    </message>
    <message>
        <source>What the virtual machine of %1 gets of this computer.</source>
        <translation>%1 的虚拟机从这台计算机获得的资源。</translation>
    </message>
    <message>
        <source>Network: %1. It is chosen when the cluster is made.</source>
        <translation>网络：%1。它在创建集群时选定。</translation>
    </message>
    <message>
        <source>The new sizes wait for a restart</source>
        <translation>新的配置需要重启后生效</translation>
    </message>
    <message>
        <source>The machine still has %1 CPUs, %2 of memory and a disk of %3. A restart ends what runs in it and starts it again; everything on the disk is kept.</source>
        <translation>虚拟机目前仍有 %1 个 CPU、%2 内存和 %3 磁盘。重启会结束其中运行的内容并再次启动；磁盘上的一切都会保留。</translation>
    </message>
    <message>
        <source>Restart now</source>
        <translation>立即重启</translation>
    </message>
</context>
<context>
    <name>cove::ui::RolloutView</name>
    <message>
        <source>%1 of %2 updated, %3 available</source>
        <translation>已更新 %1/%2，可用 %3</translation>
    </message>
    <message>
        <source>Stuck: %1</source>
        <translation>停滞：%1</translation>
    </message>
    <message>
        <source>Paused: %1</source>
        <translation>已暂停：%1</translation>
    </message>
    <message>
        <source>Complete: %1</source>
        <translation>已完成：%1</translation>
    </message>
    <message>
        <source>Rolling out: %1</source>
        <translation>正在发布：%1</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Goes on with the rollout, with all changes made meanwhile</source>
        <translation>继续发布，并包含在此期间所做的全部更改</translation>
    </message>
    <message>
        <source>Changes of the template wait until it is resumed; pods that run stay</source>
        <translation>对模板的更改将等到继续后才生效；正在运行的 Pod 保持不变</translation>
    </message>
    <message>
        <source>New: revision %1, %2</source>
        <translation>新：版本 %1，%2</translation>
    </message>
    <message>
        <source>Old: revision %1, %2</source>
        <translation>旧：版本 %1，%2</translation>
    </message>
    <message>
        <source>%1 wanted, %2 ready</source>
        <translation>期望 %1，就绪 %2</translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation>%1（%2）</translation>
    </message>
    <message>
        <source>Strategy</source>
        <translation>策略</translation>
    </message>
    <message>
        <source>All old pods go, then the new ones come</source>
        <translation>先移除所有旧 Pod，再创建新 Pod</translation>
    </message>
    <message>
        <source>A few at a time</source>
        <translation>分批进行</translation>
    </message>
    <message>
        <source>More than wanted</source>
        <translation>可多于期望</translation>
    </message>
    <message>
        <source>maxSurge %1</source>
        <translation>maxSurge %1</translation>
    </message>
    <message>
        <source>Less than wanted</source>
        <translation>可少于期望</translation>
    </message>
    <message>
        <source>maxUnavailable %1</source>
        <translation>maxUnavailable %1</translation>
    </message>
    <message>
        <source>Counts as available</source>
        <translation>视为可用</translation>
    </message>
    <message>
        <source>after %1 s ready (minReadySeconds)</source>
        <translation>就绪 %1 秒后（minReadySeconds）</translation>
    </message>
    <message>
        <source>Counts as stuck</source>
        <translation>视为停滞</translation>
    </message>
    <message>
        <source>after %1 s without progress (progressDeadlineSeconds)</source>
        <translation>%1 秒没有进展后（progressDeadlineSeconds）</translation>
    </message>
    <message>
        <source>Rollout</source>
        <translation>发布</translation>
    </message>
</context>
<context>
    <name>cove::ui::ShortcutsSection</name>
    <message>
        <source>Shortcuts</source>
        <translation>快捷键</translation>
    </message>
    <message>
        <source>What the keyboard does in Cove&apos;s window.</source>
        <translation>键盘在 Cove 窗口中的作用。</translation>
    </message>
</context>
<context>
    <name>cove::ui::StartupSection</name>
    <message>
        <source>Startup</source>
        <translation>启动</translation>
    </message>
    <message>
        <source>When I log in</source>
        <translation>登录时</translation>
    </message>
    <message>
        <source>Open Cove</source>
        <translation>打开 Cove</translation>
    </message>
    <message>
        <source>Start the cluster when Cove opens</source>
        <translation>Cove 打开时启动集群</translation>
    </message>
    <message>
        <source>The one that was shown last, when it is stopped or paused.</source>
        <translation>即上次显示的集群，当它已停止或已暂停时。</translation>
    </message>
    <message>
        <source>When I close the window</source>
        <translation>关闭窗口时</translation>
    </message>
    <message>
        <source>Keep the cluster running; Cove stays in the tray</source>
        <translation>集群继续运行；Cove 留在托盘中</translation>
    </message>
    <message>
        <source>Keep the cluster running</source>
        <translation>集群继续运行</translation>
    </message>
    <message>
        <source>Keep the cluster running and end Cove</source>
        <translation>集群继续运行，并退出 Cove</translation>
    </message>
    <message>
        <source>Stop the cluster, then end Cove</source>
        <translation>停止集群，然后退出 Cove</translation>
    </message>
    <message>
        <source>Without a window: in the tray, or minimized where there is none.</source>
        <translation>不显示窗口：留在托盘中，没有托盘时最小化。</translation>
    </message>
</context>
<context>
    <name>cove::ui::TerminalPane</name>
    <message>
        <source>The container is not running: it waits (%1).</source>
        <translation>容器未运行：正在等待（%1）。</translation>
    </message>
    <message>
        <source>The container has ended with exit code %1.</source>
        <translation>容器已结束，退出码为 %1。</translation>
    </message>
    <message>
        <source>The container has not been started yet.</source>
        <translation>容器尚未启动。</translation>
    </message>
    <message>
        <source>You may not open a terminal here: %1</source>
        <translation>您无权在此打开终端：%1</translation>
    </message>
    <message>
        <source>The pod is gone.</source>
        <translation>Pod 已不存在。</translation>
    </message>
    <message>
        <source>The container is not running.</source>
        <translation>容器未运行。</translation>
    </message>
    <message>
        <source>The terminal ended with its cluster.</source>
        <translation>终端已随其集群结束。</translation>
    </message>
    <message>
        <source>The connection broke: %1</source>
        <translation>连接中断：%1</translation>
    </message>
    <message>
        <source>The shell has ended.</source>
        <translation>Shell 已结束。</translation>
    </message>
    <message>
        <source>There is no shell (sh) in the image, so no terminal can be opened in this container.</source>
        <translation>镜像中没有 Shell（sh），因此无法在此容器中打开终端。</translation>
    </message>
    <message>
        <source>The shell has ended with exit code %1.</source>
        <translation>Shell 已结束，退出码为 %1。</translation>
    </message>
    <message>
        <source>Opening a shell in %1…</source>
        <translation>正在 %1 中打开 Shell…</translation>
    </message>
    <message>
        <source>The container does not read: what was typed is lost</source>
        <translation>容器没有读取输入：键入的内容已丢失</translation>
    </message>
    <message>
        <source>Connected to %1</source>
        <translation>已连接到 %1</translation>
    </message>
    <message>
        <source>The clipboard holds too much to paste</source>
        <translation>剪贴板内容过多，无法粘贴</translation>
    </message>
    <message>
        <source>At most %1 characters are pasted at once.</source>
        <translation>一次最多粘贴 %1 个字符。</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>The text has %1 lines, and the shell would run each at once</source>
        <translation>文本有 %1 行，Shell 会立即逐行执行</translation>
    </message>
    <message>
        <source>Type on to leave it.</source>
        <translation>继续键入则不粘贴。</translation>
    </message>
    <message>
        <source>Paste all</source>
        <translation>全部粘贴</translation>
    </message>
    <message>
        <source>Reconnect</source>
        <translation>重新连接</translation>
    </message>
    <message>
        <source>Opens a new shell in the same container.</source>
        <translation>在同一容器中打开新的 Shell。</translation>
    </message>
    <message>
        <source>Keep open</source>
        <translation>保持打开</translation>
    </message>
    <message>
        <source>Moves the terminal to the bottom of the window, where it stays open.</source>
        <translation>将终端移到窗口底部并保持打开。</translation>
    </message>
    <message>
        <source>Terminal of %1</source>
        <translation>%1 的终端</translation>
    </message>
    <message>
        <source>Keys go to the container. Ctrl+Shift+Tab leaves the terminal.</source>
        <translation>按键会发送到容器。按 Ctrl+Shift+Tab 离开终端。</translation>
    </message>
</context>
<context>
    <name>cove::ui::TerminalTab</name>
    <message>
        <source>A shell inside of the container</source>
        <translation>容器内的 Shell</translation>
    </message>
    <message>
        <source>No terminal now</source>
        <translation>现在无法打开终端</translation>
    </message>
    <message>
        <source>It sees the container&apos;s files, processes and network. It stays open while you look at other pods and pages.</source>
        <translation>可以看到容器的文件、进程和网络。查看其他 Pod 和页面时它会保持打开。</translation>
    </message>
    <message>
        <source>Container</source>
        <translation>容器</translation>
    </message>
    <message>
        <source>Open a terminal</source>
        <translation>打开终端</translation>
    </message>
    <message>
        <source>Starts bash or sh in the container.</source>
        <translation>在容器中启动 bash 或 sh。</translation>
    </message>
</context>
<context>
    <name>cove::ui::TerminalView</name>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>粘贴</translation>
    </message>
</context>
<context>
    <name>cove::ui::ToolDock</name>
    <message>
        <source>Open logs and terminals</source>
        <translation>打开的日志和终端</translation>
    </message>
    <message>
        <source>Unfold logs and terminals</source>
        <translation>展开日志和终端</translation>
    </message>
    <message>
        <source>Fold logs and terminals</source>
        <translation>收起日志和终端</translation>
    </message>
    <message>
        <source>%1 logs and terminals are open, and there is no room for more</source>
        <translation>已打开 %1 个日志和终端，不能再多了</translation>
    </message>
    <message>
        <source>Close one of them first.</source>
        <translation>请先关闭其中一个。</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Close “%1”</source>
        <translation>关闭“%1”</translation>
    </message>
</context>
<context>
    <name>cove::ui::TopBar</name>
    <message>
        <source>New cluster</source>
        <translation>新建集群</translation>
    </message>
    <message>
        <source>No cluster</source>
        <translation>没有集群</translation>
    </message>
    <message>
        <source>Choose a cluster</source>
        <translation>选择集群</translation>
    </message>
    <message>
        <source>Cluster: %1</source>
        <translation>集群：%1</translation>
    </message>
    <message>
        <source>Another program&apos;s cluster</source>
        <translation>其他程序的集群</translation>
    </message>
    <message>
        <source>Its machine is not Cove&apos;s: it is started, stopped and deleted where it was made.</source>
        <translation>它的机器不属于 Cove：请在创建它的地方启动、停止和删除。</translation>
    </message>
</context>
<context>
    <name>cove::ui::Tray</name>
    <message>
        <source>Open Cove</source>
        <translation>打开 Cove</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>No cluster</source>
        <translation>没有集群</translation>
    </message>
</context>
<context>
    <name>cove::ui::WhyPanel</name>
    <message>
        <source>What to do: %1</source>
        <translation>建议：%1</translation>
    </message>
    <message>
        <source>Last log lines</source>
        <translation>最后几行日志</translation>
    </message>
</context>
<context>
    <name>cove::ui::WorkloadActions</name>
    <message>
        <source>It could not be scaled</source>
        <translation>伸缩失败</translation>
    </message>
    <message>
        <source>It could not be restarted</source>
        <translation>重启失败</translation>
    </message>
    <message>
        <source>Replicas</source>
        <translation>副本数</translation>
    </message>
    <message>
        <source>Scale</source>
        <translation>伸缩</translation>
    </message>
    <message>
        <source>Restart</source>
        <translation>重启</translation>
    </message>
    <message>
        <source>Replaces every pod, a few at a time, with the same template.</source>
        <translation>用相同的模板逐批替换所有 Pod。</translation>
    </message>
</context>
<context>
    <name>cove::ui::WorkloadWatch</name>
    <message>
        <source>%1 is rolled out</source>
        <translation>%1 已发布完成</translation>
    </message>
    <message>
        <source>Ready: %1 of %1</source>
        <translation>就绪：%1/%1</translation>
    </message>
    <message>
        <source>The rollout of %1 does not get on</source>
        <translation>%1 的发布停滞不前</translation>
    </message>
    <message>
        <source>and %1 more</source>
        <translation>以及另外 %1 项</translation>
    </message>
    <message>
        <source>A pod fails</source>
        <translation>有 Pod 出现故障</translation>
    </message>
    <message>
        <source>Pods fail</source>
        <translation>多个 Pod 出现故障</translation>
    </message>
</context>
<context>
    <name>cove::ui::YamlTab</name>
    <message>
        <source>You are editing %1</source>
        <translation>您正在编辑 %1</translation>
    </message>
    <message>
        <source>Apply or discard it to see another object here.</source>
        <translation>请先应用或放弃更改，再在此查看其他对象。</translation>
    </message>
    <message>
        <source>It has changed in the cluster meanwhile</source>
        <translation>它在集群中已发生变化</translation>
    </message>
    <message>
        <source>Your text is kept. The review shows what the others changed.</source>
        <translation>您的文本已保留。检查时会显示他人的更改。</translation>
    </message>
    <message>
        <source>Line %1 cannot be read</source>
        <translation>无法解析第 %1 行</translation>
    </message>
    <message>
        <source>It cannot be read</source>
        <translation>无法解析</translation>
    </message>
    <message>
        <source>It must be one object.</source>
        <translation>必须是一个对象。</translation>
    </message>
    <message>
        <source>That would be another object. Use the page Apply for it.</source>
        <translation>那会是另一个对象。请使用“应用”页面。</translation>
    </message>
    <message>
        <source>The server refuses it at line %1</source>
        <translation>服务器拒绝了第 %1 行</translation>
    </message>
    <message>
        <source>The server refuses it</source>
        <translation>服务器拒绝了它</translation>
    </message>
    <message>
        <source>Nothing would change</source>
        <translation>不会有任何变化</translation>
    </message>
    <message>
        <source>This is what would change</source>
        <translation>将有以下变化</translation>
    </message>
    <message>
        <source>The server has checked it and would take it.</source>
        <translation>服务器已检查，可以接受。</translation>
    </message>
    <message>
        <source>Applied</source>
        <translation>已应用</translation>
    </message>
    <message>
        <source>It was changed meanwhile: below is how</source>
        <translation>它已被他人更改：变化如下</translation>
    </message>
    <message>
        <source>Your text is kept. Put your changes onto the new version and review them again, or go back to your text. Lists that both changed become yours.</source>
        <translation>您的文本已保留。可以将您的更改合并到新版本后再次检查，或返回您的文本。双方都更改过的列表以您的为准。</translation>
    </message>
    <message>
        <source>Your changes stand on the new version now</source>
        <translation>您的更改已合并到新版本</translation>
    </message>
    <message>
        <source>Review them again.</source>
        <translation>请再次检查。</translation>
    </message>
    <message>
        <source>Find in the text</source>
        <translation>在文本中查找</translation>
    </message>
    <message>
        <source>YAML</source>
        <translation>YAML</translation>
    </message>
    <message>
        <source>What would change</source>
        <translation>将有哪些变化</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>编辑</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>放弃</translation>
    </message>
    <message>
        <source>Forgets what you have typed.</source>
        <translation>丢弃您输入的内容。</translation>
    </message>
    <message>
        <source>Back to the text</source>
        <translation>返回文本</translation>
    </message>
    <message>
        <source>Review…</source>
        <translation>检查…</translation>
    </message>
    <message>
        <source>Onto the new version</source>
        <translation>合并到新版本</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>应用</translation>
    </message>
    <message>
        <source>Ctrl+Space offers what may stand here. The server keeps neither comments nor the order of fields.</source>
        <translation>按 Ctrl+空格可查看此处可填的内容。服务器不会保留注释和字段顺序。</translation>
    </message>
    <message>
        <source>Reveal</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>隐藏</translation>
    </message>
    <message>
        <source>Shows the values, decoded from base64.</source>
        <translation>显示从 base64 解码后的值。</translation>
    </message>
    <message>
        <source>Hides the values again.</source>
        <translation>重新隐藏这些值。</translation>
    </message>
    <message>
        <source>A Secret&apos;s values are base64 in the API and hidden here. “Reveal” decodes them, also for editing.</source>
        <translation>Secret 的值在 API 中以 base64 编码，在这里被隐藏。点击“显示”即可解码，编辑时同样如此。</translation>
    </message>
    <message>
        <source>The values are decoded and stand in stringData. Bytes that are no text stay base64 in data.</source>
        <translation>这些值已解码，位于 stringData 中。不是文本的字节仍以 base64 保留在 data 中。</translation>
    </message>
    <message>
        <source>What is hidden stays as it is. Write new values as plain text into stringData, or as base64 into data.</source>
        <translation>被隐藏的值保持不变。新值请以纯文本写入 stringData，或以 base64 写入 data。</translation>
    </message>
    <message>
        <source>A hidden value stands here that the Secret does not have under this name. Write the value itself.</source>
        <translation>此处是一个隐藏值，而 Secret 中没有这个名称的值。请直接写出该值。</translation>
    </message>
    <message>
        <source>%1 is of a cluster that is not shown now</source>
        <translation>%1 属于当前未显示的集群</translation>
    </message>
    <message>
        <source>Your text is kept. Show the cluster of the context %1 to apply it, or discard it.</source>
        <translation>您的文本已保留。请切换到上下文 %1 的集群再应用，或放弃修改。</translation>
    </message>
    <message>
        <source>No answer came</source>
        <translation>没有收到答复</translation>
    </message>
    <message>
        <source>The connection to the cluster was made anew. Your text is kept: review it again.</source>
        <translation>与集群的连接已重新建立。您的文本已保留：请重新检查。</translation>
    </message>
</context>
</TS>
