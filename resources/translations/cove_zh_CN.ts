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
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>It could not be scaled</source>
        <translation>伸缩失败</translation>
    </message>
    <message>
        <source>It could not be restarted</source>
        <translation>重启失败</translation>
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
        <source>Why</source>
        <translation>原因</translation>
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
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Updated</source>
        <translation>已更新</translation>
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
        <source>Why</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>What to do</source>
        <translation>处理办法</translation>
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
        <source>Why</source>
        <translation>原因</translation>
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
    <name>cove::ui::CreateForm</name>
    <message>
        <source>up to %1</source>
        <translation>最多 %1</translation>
    </message>
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
        <source>One address a line; asked before the image&apos;s own registry.</source>
        <translation>每行一个地址；拉取镜像时优先于其原仓库使用。</translation>
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
        <source>This computer has %1.</source>
        <translation>这台计算机共有 %1 个。</translation>
    </message>
    <message>
        <source>Only %1 is available now; close programs or take less.</source>
        <translation>目前只有 %1 可用；请关闭一些程序或减少分配。</translation>
    </message>
    <message>
        <source>Only %1 is free on this disk.</source>
        <translation>此磁盘仅剩余 %1。</translation>
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
        <source>“%1” is not an http or https address.</source>
        <translation>“%1”不是 http 或 https 地址。</translation>
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
        <source>Image</source>
        <translation>镜像</translation>
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
    <name>cove::ui::FactCard</name>
    <message>
        <source>Copy: %1</source>
        <translation>复制：%1</translation>
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
</context>
<context>
    <name>cove::ui::ObjectPage</name>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>There is no way to the cluster</source>
        <translation>无法连接到集群</translation>
    </message>
    <message>
        <source>You may not see this</source>
        <translation>您无权查看此内容</translation>
    </message>
    <message>
        <source>The cluster cannot be reached: this is what was last known of it</source>
        <translation>无法连接集群：此处显示的是最后已知的状态</translation>
    </message>
    <message>
        <source>The cluster cannot be reached</source>
        <translation>无法连接集群</translation>
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
        <source>Search for other words, or choose another namespace.</source>
        <translation>请搜索其他关键词，或选择其他命名空间。</translation>
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
        <source>All namespaces</source>
        <translation>所有命名空间</translation>
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
        <source>Namespace</source>
        <translation>命名空间</translation>
    </message>
    <message>
        <source>Close the details</source>
        <translation>关闭详情</translation>
    </message>
    <message>
        <source>Summary</source>
        <translation>概要</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>事件</translation>
    </message>
    <message>
        <source>YAML</source>
        <translation>YAML</translation>
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
</TS>
