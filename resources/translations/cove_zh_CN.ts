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
        <source>The cluster's memory is being saved.</source>
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
        <source>The virtual machine gets an address of its own on a network of the system's libvirt. Needs membership in the libvirt group.</source>
        <translation>虚拟机在系统 libvirt 的网络中拥有自己的地址。需要加入 libvirt 用户组。</translation>
    </message>
    <message>
        <source>One address a line; asked before the image's own registry.</source>
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
